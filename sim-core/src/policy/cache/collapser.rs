//! Hystrix's collapser: calls within a few milliseconds become one batch.
//!
//! A timer ticks every `timer_delay`, counted from the first call or from when it was registered; at each tick the batch is run
//! if there is anything in it. When a call finds the batch full, the full one is run at once and the call begins a new one; so a
//! batch of exactly the maximum waits for the timer, or for one more call. The same argument a second time is joined to the
//! first if caching is on, and is an error if it is not.
//!
//! A batch is one call: if it fails all its members fail, and a breaker counts one. Calls wait half the delay on average.
//!
//! Source: Hystrix, `RequestCollapser`, `RequestBatch` and `HystrixCollapserProperties`.

use crate::policy::{Invalid, require};
use crate::time::{SimTime, Span};

/// Settings of Hystrix's collapser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Collapser {
    /// `maxRequestsInBatch`; `None` is any number.
    pub max_requests_in_batch: Option<u32>,
    /// `timerDelayInMilliseconds`.
    pub timer_delay: Span,
    /// `requestCache.enabled`: whether equal arguments of a batch are joined.
    pub request_cache: bool,
    /// Whose calls are gathered.
    pub scope: Scope,
}

/// Whose calls are gathered: how many states an owner keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// Those of one request.
    #[default]
    Request,
    /// Those of the whole caller.
    Global,
}

/// A member of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// What it asks for.
    pub argument: u64,
    /// The owner's number for the call.
    pub call: u32,
}

/// The batch in the making, and the last that was run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CollapserState {
    batch: Vec<Member>,
    last: Vec<Member>,
    next_tick: Option<SimTime>,
}

impl CollapserState {
    /// When to call [`Collapser::on_tick`]; [`SimTime::MAX`] before the first call, and while there is nothing to run.
    pub fn next_at(&self) -> SimTime {
        match self.next_tick {
            Some(at) if !self.batch.is_empty() => at,
            _ => SimTime::MAX,
        }
    }

    /// The members of the batch that was run last, in the order in which they came.
    pub fn last(&self) -> &[Member] {
        &self.last
    }

    /// The members of the batch in the making.
    pub fn gathered(&self) -> &[Member] {
        &self.batch
    }

    /// A call that is in the batch in the making is given up; another that had joined it may take its place.
    pub fn give_up(&mut self, call: u32, to: Option<u32>) {
        let Some(at) = self.batch.iter().position(|it| it.call == call) else {
            return;
        };
        match to {
            Some(to) => self.batch[at].call = to,
            None => {
                self.batch.remove(at);
            }
        }
    }

    fn run(&mut self) {
        core::mem::swap(&mut self.batch, &mut self.last);
        self.batch.clear();
    }
}

/// What becomes of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offer {
    /// It is in the batch.
    Gathered {
        /// The batch was full: the one before, [`CollapserState::last`], is to be run now.
        run: bool,
    },
    /// The same argument is in the batch already, as the call with this number.
    Joined(u32),
    /// The same argument is in the batch already, and that is an error.
    Duplicate,
}

impl Default for Collapser {
    /// Hystrix's defaults: any number, every 10 ms, of one request.
    fn default() -> Collapser {
        Collapser {
            max_requests_in_batch: None,
            timer_delay: Span::from_millis(10),
            request_cache: true,
            scope: Scope::Request,
        }
    }
}

impl Collapser {
    /// Whether the settings make sense.
    pub fn check(&self) -> Result<(), Invalid> {
        require(
            self.max_requests_in_batch != Some(0),
            "maxRequestsInBatch is at least 1; the default is any number",
        )?;
        require(
            self.timer_delay > Span::ZERO,
            "timerDelayInMilliseconds is longer than 0; the default is 10ms",
        )
    }

    /// The timer begins to tick at `now`, before any call. Without this it begins with the first.
    pub fn register(&self, state: &mut CollapserState, now: SimTime) {
        state.next_tick.get_or_insert(now + self.timer_delay);
    }

    /// Skips the ticks at which there was nothing to run.
    fn catch_up(&self, state: &mut CollapserState, now: SimTime) {
        self.register(state, now);
        if let Some(tick) = state.next_tick.filter(|it| *it <= now) {
            let missed = tick.until(now).nanos() / self.timer_delay.nanos() + 1;
            state.next_tick = Some(tick + self.timer_delay.scale(missed, 1));
        }
    }

    /// A call comes. One that comes after the tick of a batch that was not run in time is in that batch.
    pub fn offer(&self, state: &mut CollapserState, now: SimTime, argument: u64, call: u32) -> Offer {
        if state.batch.is_empty() {
            self.catch_up(state, now);
        }
        // Whether it is full comes first: then even an argument that is in it begins a new one.
        let run = self
            .max_requests_in_batch
            .is_some_and(|max| state.batch.len() >= max as usize);
        if run {
            state.run();
        } else if let Some(first) = state.batch.iter().find(|it| it.argument == argument) {
            return if self.request_cache {
                Offer::Joined(first.call)
            } else {
                Offer::Duplicate
            };
        }
        state.batch.push(Member { argument, call });
        Offer::Gathered { run }
    }

    /// The timer ticks: whether a batch, [`CollapserState::last`], is to be run now.
    pub fn on_tick(&self, state: &mut CollapserState, now: SimTime) -> bool {
        if now < state.next_at() || state.batch.is_empty() {
            return false;
        }
        state.run();
        self.catch_up(state, now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Draw, Key, Purpose, Streams};

    fn at(ms: u64) -> SimTime {
        SimTime::from_nanos(ms * 1_000_000)
    }

    /// Calls at these milliseconds, the timer being registered at 0; batches as the times of their members and of their run. A
    /// tick of one instant comes before its calls.
    fn play(collapser: Collapser, calls: &[u64]) -> String {
        let mut state = CollapserState::default();
        collapser.register(&mut state, at(0));
        let mut log = Vec::new();
        let run = |state: &CollapserState, now: SimTime| {
            let members: Vec<String> = state.last().iter().map(|it| it.argument.to_string()).collect();
            format!("{}@{}", members.join("+"), now.nanos() / 1_000_000)
        };
        let tick_until = |state: &mut CollapserState, now: SimTime, log: &mut Vec<String>| {
            while state.next_at() <= now {
                let tick = state.next_at();
                if tick == SimTime::MAX {
                    break;
                }
                assert!(collapser.on_tick(state, tick));
                log.push(run(state, tick));
            }
        };
        for &call in calls {
            tick_until(&mut state, at(call), &mut log);
            match collapser.offer(&mut state, at(call), call, call as u32) {
                Offer::Gathered { run: true } => log.push(run(&state, at(call))),
                Offer::Gathered { run: false } => (),
                other => log.push(format!("{other:?}")),
            }
        }
        tick_until(&mut state, SimTime::MAX, &mut log);
        log.join(" ")
    }

    fn of(max: u32) -> Collapser {
        Collapser {
            max_requests_in_batch: Some(max),
            ..Collapser::default()
        }
    }

    #[test]
    fn co_1_a_full_batch_is_pushed_out_by_one_more() {
        assert_eq!(play(of(3), &[1, 2, 3, 4]), "1+2+3@4 4@10");
        assert_eq!(play(of(3), &[1, 2, 3]), "1+2+3@10");
        assert_eq!(play(of(1), &[1, 2, 3]), "1@2 2@3 3@10");
    }

    #[test]
    fn co_2_a_batch_runs_at_the_next_tick() {
        assert_eq!(play(Collapser::default(), &[1, 9, 10, 19]), "1+9@10 10+19@20");
        assert_eq!(play(Collapser::default(), &[1, 55, 60]), "1@10 55@60 60@70");
    }

    #[test]
    fn unless_registered_the_timer_ticks_from_the_first_call() {
        let (collapser, mut state) = (Collapser::default(), CollapserState::default());
        assert_eq!(state.next_at(), SimTime::MAX);
        collapser.offer(&mut state, at(3), 1, 1);
        assert_eq!(state.next_at(), at(13));
        assert!(!collapser.on_tick(&mut state, at(12)));
        assert!(collapser.on_tick(&mut state, at(13)));
        assert_eq!(state.next_at(), SimTime::MAX);
        collapser.offer(&mut state, at(40), 1, 1);
        assert_eq!(state.next_at(), at(43));
    }

    #[test]
    fn the_same_argument_is_joined_or_refused() {
        let twice = |collapser: Collapser| {
            let mut state = CollapserState::default();
            let first = collapser.offer(&mut state, at(1), 7, 1);
            (first, collapser.offer(&mut state, at(2), 7, 2))
        };
        let gathered = |run| Offer::Gathered { run };
        assert_eq!(twice(Collapser::default()), (gathered(false), Offer::Joined(1)));
        let uncached = Collapser {
            request_cache: false,
            ..Collapser::default()
        };
        assert_eq!(twice(uncached), (gathered(false), Offer::Duplicate));
        // In a full batch it is not looked for.
        assert_eq!(twice(of(1)), (gathered(false), gathered(true)));
    }

    #[test]
    fn a_call_that_is_given_up_leaves_the_batch_unless_another_had_joined_it() {
        let (collapser, mut state) = (Collapser::default(), CollapserState::default());
        for (argument, call) in [(7, 1), (8, 2), (7, 3), (9, 4)] {
            collapser.offer(&mut state, at(0), argument, call);
        }
        state.give_up(1, Some(3));
        state.give_up(2, None);
        let calls: Vec<u32> = state.gathered().iter().map(|it| it.call).collect();
        assert_eq!(calls, [3, 4]);
        assert!(collapser.on_tick(&mut state, at(10)));
        assert_eq!(state.last().len(), 2);
    }

    #[test]
    fn calls_wait_half_the_delay_on_average() {
        let (collapser, mut state) = (Collapser::default(), CollapserState::default());
        let mut draw = Streams::new(2).stream(Purpose::Arrivals, Key(1));
        collapser.register(&mut state, at(0));
        let (mut now, mut waited) = (0u64, 0u64);
        for call in 0..20_000 {
            now += draw.below(5_000_000);
            if state.next_at() <= SimTime::from_nanos(now) {
                let tick = state.next_at();
                collapser.on_tick(&mut state, tick);
            }
            collapser.offer(&mut state, SimTime::from_nanos(now), u64::from(call), call);
            waited += state.next_at().nanos() - now;
        }
        // Uniform in 10 ms: the mean of 20000 deviates by 20 us; five of them on either side.
        let mean_ms = waited as f64 / 20_000.0 / 1e6;
        assert!((mean_ms - 5.0).abs() < 0.1, "{mean_ms}");
    }

    #[test]
    fn nonsense_is_named_with_its_default() {
        assert!(of(0).check().unwrap_err().0.starts_with("maxRequestsInBatch"));
        let still = Collapser {
            timer_delay: Span::ZERO,
            ..of(1)
        };
        assert!(still.check().unwrap_err().0.starts_with("timerDelayInMilliseconds"));
        assert_eq!(Collapser::default().check(), Ok(()));
    }
}
