use super::*;
use crate::quantity::Factor;
use crate::time::Span;
use proptest::prelude::*;

fn at(ms: u64) -> SimTime {
    SimTime::from_nanos(ms * 1_000_000)
}

/// A budget and its state, spoken to in milliseconds.
struct Account {
    budget: Budget,
    state: BudgetState,
    charge: u32,
}

impl Account {
    fn new(budget: Budget) -> Account {
        assert_eq!(budget.check(), Ok(()));
        Account {
            budget,
            state: budget.start(),
            charge: 0,
        }
    }

    fn calls(&mut self, n: u32, ms: u64) {
        for _ in 0..n {
            self.budget.on_call(&mut self.state, at(ms));
        }
    }

    fn ends(&mut self, outcome: Outcome) {
        self.budget.settle(&mut self.state, at(0), outcome, &mut self.charge);
    }

    fn retry(&mut self, ms: u64) -> bool {
        self.retry_after(Outcome::Error, ms)
    }

    fn retry_after(&mut self, outcome: Outcome, ms: u64) -> bool {
        let ask = Ask {
            now: at(ms),
            outcome,
            attempts: 1,
            in_flight: InFlight::default(),
        };
        self.budget.take(&mut self.state, &ask, &mut self.charge)
    }

    /// How many retries in a row are allowed at this instant.
    fn retries(&mut self, ms: u64) -> u32 {
        (0..10_000).take_while(|_| self.retry(ms)).count() as u32
    }
}

fn finagle(ttl_s: u64, min_per_second: u32, percent: u64) -> Budget {
    Budget::Finagle(Finagle {
        ttl: Span::from_secs(ttl_s),
        min_per_second,
        percent: Factor(percent),
    })
}

fn tower(ttl_s: u64, min_per_second: u32, percent: u64) -> Budget {
    Budget::Tower(Tower {
        ttl: Span::from_secs(ttl_s),
        min_per_second,
        percent: Factor(percent),
    })
}

fn bucket(deposit: u64, burst: u32, strict: bool) -> Budget {
    Budget::Bucket(Bucket {
        deposit: Factor(deposit),
        burst,
        strict,
    })
}

#[test]
fn rb_1_the_reserve_is_for_the_whole_window() {
    for budget in [Budget::Finagle(Finagle::DEFAULT), Budget::Tower(Tower::DEFAULT)] {
        let mut fresh = Account::new(budget);
        assert_eq!(fresh.retries(0), 100);
        assert!(!fresh.retry(0));
        let mut used = Account::new(budget);
        used.calls(100, 0);
        assert_eq!(used.retries(0), 120);
    }
}

#[test]
fn rb_2_costs_are_rounded() {
    let mut fifth = Account::new(tower(10, 0, 200_000));
    fifth.calls(9, 0);
    assert_eq!(fifth.retries(0), 1);
    fifth.calls(1, 0);
    assert_eq!(fifth.retries(0), 1);
    let mut three_quarters = Account::new(tower(10, 0, 750_000));
    three_quarters.calls(4, 0);
    assert_eq!(three_quarters.retries(0), 4);
    let mut finagle = Account::new(finagle(10, 0, 750_000));
    finagle.calls(4, 0);
    assert_eq!(finagle.retries(0), 3);
}

#[test]
fn tower_rounds_what_is_above_half_to_one_retry_per_call() {
    for (percent, retries) in [
        (300_000, 100),
        (500_000, 150),
        (510_000, 300),
        (600_000, 300),
        (1_000_000, 300),
        (2_000_000, 600),
    ] {
        let mut account = Account::new(tower(10, 0, percent));
        account.calls(300, 0);
        assert_eq!(account.retries(0), retries, "{percent}");
    }
}

#[test]
fn rb_3_tower_gives_the_reserve_back_when_the_debit_has_expired() {
    let mut account = Account::new(tower(1, 1, 500_000));
    let looks: Vec<u32> = [0, 500, 1001, 1601].into_iter().map(|ms| account.retries(ms)).collect();
    assert_eq!(looks, [1, 0, 1, 0]);
}

#[test]
fn rb_4_how_long_a_deposit_counts_depends_on_who_looks() {
    let deposited = |budget| {
        let mut account = Account::new(budget);
        account.calls(10, 0);
        account
    };
    let tower = || deposited(tower(1, 0, 500_000));
    assert_eq!(tower().retries(1000), 5);
    assert_eq!(tower().retries(1100), 0);
    assert_eq!(tower().retries(1001), 0);

    let finagle = || {
        let Budget::Finagle(it) = finagle(1, 0, 500_000) else {
            unreachable!()
        };
        let BudgetState::Finagle(window) = deposited(Budget::Finagle(it)).state else {
            unreachable!()
        };
        (it, window)
    };
    let (it, mut window) = finagle();
    let steps = [100, 500, 899, 900, 999, 1000, 1100];
    assert_eq!(steps.map(|ms| it.balance(&mut window, at(ms))), [5, 5, 5, 5, 5, 5, 0]);
    let single = |ms| {
        let (it, mut window) = finagle();
        it.balance(&mut window, at(ms))
    };
    assert_eq!([single(999), single(1000), single(100_000_000)], [5, 0, 0]);
}

#[test]
fn finagle_with_nothing_allowed_allows_nothing_and_with_a_reserve_alone_the_reserve() {
    let mut nothing = Account::new(finagle(10, 0, 0));
    nothing.calls(1000, 0);
    assert_eq!(nothing.retries(0), 0);
    let mut reserve = Account::new(finagle(10, 2, 0));
    reserve.calls(1000, 0);
    assert_eq!(reserve.retries(0), 20);
}

#[test]
fn rb_5_grpc_stops_at_half_and_the_last_failure_pays_too() {
    let mut account = Account::new(Budget::Grpc(Grpc {
        max_tokens: 10,
        token_ratio_milli: 100,
    }));
    let left = |account: &Account| match account.state {
        BudgetState::Grpc(tokens) => tokens.left(),
        _ => unreachable!(),
    };
    let failures: Vec<(bool, f64)> = (0..5).map(|_| (account.retry(0), left(&account))).collect();
    assert_eq!(
        failures,
        [(true, 9.0), (true, 8.0), (true, 7.0), (true, 6.0), (false, 5.0)]
    );
    let ask = Ask {
        now: at(0),
        outcome: Outcome::Error,
        attempts: 1,
        in_flight: InFlight::default(),
    };
    let allows = |it: &mut Account| it.budget.take_unprovoked(&mut it.state, &ask, &mut it.charge);
    assert!(!allows(&mut account), "5 is not more than half");
    account.ends(Outcome::Ok);
    assert_eq!(left(&account), 5.1);
    assert!(allows(&mut account), "5.1 is");
    assert!(!account.retry(0));
    assert_eq!(left(&account), 4.1);
    // 5.1 itself is more than half, had no failure taken its token first.
    for _ in 0..19 {
        account.ends(Outcome::Ok);
    }
    assert_eq!(left(&account), 6.0);
    account.ends(Outcome::Ok);
    assert!(account.retry(0), "6.1 less 1 is 5.1, more than half");
}

#[test]
fn grpc_never_falls_below_nothing_nor_rises_above_the_maximum() {
    let mut account = Account::new(Budget::Grpc(Grpc {
        max_tokens: 1,
        token_ratio_milli: 1_500,
    }));
    assert_eq!((0..5).filter(|_| account.retry(0)).count(), 0);
    assert_eq!(account.state, BudgetState::Grpc(grpc::Tokens(0)));
    account.ends(Outcome::Degraded);
    assert_eq!(account.state, BudgetState::Grpc(grpc::Tokens(1_000)));
}

#[test]
fn rb_6_aws_acquires_all_or_nothing_and_returns_the_last() {
    let of = |cost, timeout_cost, capacity| {
        Budget::Aws(Aws {
            capacity,
            cost,
            timeout_cost,
            ..Aws::CLASSIC
        })
    };
    assert_eq!(Account::new(Budget::Aws(Aws::CLASSIC)).retries(0), 100);
    let mut timeouts = Account::new(Budget::Aws(Aws::CLASSIC));
    assert_eq!(
        (0..1000)
            .take_while(|_| timeouts.retry_after(Outcome::Timeout, 0))
            .count(),
        50
    );

    let mut small = Account::new(of(5, 10, 22));
    let quota = |account: &Account| match account.state {
        BudgetState::Aws(quota) => quota.left(),
        _ => unreachable!(),
    };
    assert!(small.retry_after(Outcome::Timeout, 0) && small.retry_after(Outcome::Timeout, 0));
    assert!(!small.retry(0));
    assert_eq!(quota(&small), 2);
    small.charge = 0; // Other calls, never retried, succeed.
    small.ends(Outcome::Ok);
    small.ends(Outcome::Ok);
    assert!(!small.retry(0));
    small.ends(Outcome::Ok);
    assert!(small.retry(0));
    assert_eq!(quota(&small), 0);
}

#[test]
fn aws_returns_only_what_the_last_retry_cost_and_only_on_success() {
    let mut account = Account::new(Budget::Aws(Aws::STANDARD));
    let left = |account: &Account| match account.state {
        BudgetState::Aws(quota) => quota.left(),
        _ => unreachable!(),
    };
    account.ends(Outcome::Error);
    assert!(account.retry_after(Outcome::Error, 0)); // 14
    account.ends(Outcome::Quota);
    assert!(account.retry_after(Outcome::Quota, 0)); // 5
    assert_eq!(left(&account), 481);
    account.ends(Outcome::Error);
    assert_eq!(left(&account), 481);
    account.ends(Outcome::Ok);
    assert_eq!(left(&account), 486);
    for _ in 0..100 {
        account.ends(Outcome::Ok);
    }
    assert_eq!(left(&account), 500);
}

#[test]
fn rb_7_envoy_limits_retries_by_what_is_in_flight() {
    let limit = |active, pending| Envoy::BUDGET.limit(InFlight { active, pending });
    assert_eq!([limit(10, 0), limit(40, 10), limit(24, 0), limit(0, 0)], [3, 10, 4, 3]);
    assert_eq!(
        Envoy::DEFAULT.limit(InFlight {
            active: 1000,
            pending: 0
        }),
        3
    );
}

#[test]
fn a_retry_of_envoy_is_in_flight_until_its_attempt_ends() {
    let budget = Budget::Envoy(Envoy::MaxRetries(2));
    let mut state = budget.start();
    let ask = Ask {
        now: at(0),
        outcome: Outcome::Error,
        attempts: 1,
        in_flight: InFlight::default(),
    };
    let mut charges = [0; 3];
    let taken = charges.each_mut().map(|charge| budget.take(&mut state, &ask, charge));
    assert_eq!(taken, [true, true, false]);
    budget.settle(&mut state, at(1), Outcome::Error, &mut charges[0]);
    assert!(budget.take(&mut state, &ask, &mut charges[2]));
    // A call that was abandoned between two attempts gives its place back, and only once.
    for charge in &mut charges {
        budget.settle(&mut state, at(2), Outcome::Cancelled, charge);
        budget.settle(&mut state, at(2), Outcome::Cancelled, charge);
    }
    assert_eq!(state, budget.start());
}

#[test]
fn ten_tenths_are_one_retry() {
    let mut account = Account::new(bucket(100_000, 10, false));
    assert_eq!(account.retries(0), 10);
    account.calls(9, 0);
    assert_eq!(account.retries(0), 0);
    account.calls(1, 0);
    assert_eq!(account.retries(0), 1);
    account.calls(1000, 0);
    assert_eq!(account.retries(0), 10);
}

#[test]
fn a_strict_bucket_wants_more_than_one_token() {
    let mut account = Account::new(bucket(100_000, 5, true));
    assert_eq!(account.retries(0), 4);
    account.calls(1, 0);
    assert_eq!(account.retries(0), 1);
    account.calls(9, 0);
    assert_eq!(account.retries(0), 0);
    account.calls(1, 0);
    assert_eq!(account.retries(0), 1);
}

#[test]
fn a_success_bucket_fills_with_successes_only() {
    let mut account = Account::new(Budget::SuccessBucket(SuccessBucket {
        deposit: Factor(500_000),
        burst: 2,
        strict: false,
    }));
    assert_eq!(account.retries(0), 2);
    account.calls(100, 0);
    for failure in Outcome::ALL.into_iter().filter(|it| it.is_failure()) {
        account.ends(failure);
    }
    assert_eq!(account.retries(0), 0);
    account.ends(Outcome::Ok);
    account.ends(Outcome::Degraded);
    assert_eq!(account.retries(0), 1);
}

#[test]
fn sre_retries_while_they_are_less_than_a_tenth_of_what_is_sent() {
    let mut account = Account::new(Budget::Sre(Sre {
        window: None,
        ..Sre::DEFAULT
    }));
    assert_eq!(account.retries(0), 0);
    account.calls(90, 0);
    // Each retry is itself a request: 10 of 100 is a tenth.
    assert_eq!(account.retries(0), 10);
    account.calls(1, 0);
    assert_eq!(account.retries(0), 1);
}

#[test]
fn sre_counts_attempts_of_the_request_and_retries_of_the_minute() {
    let sre = Sre {
        per_minute: Some(3),
        ..Sre::DEFAULT
    };
    let mut account = Account::new(Budget::Sre(sre));
    account.calls(1000, 0);
    let third = Ask {
        now: at(0),
        outcome: Outcome::Error,
        attempts: 3,
        in_flight: InFlight::default(),
    };
    assert!(!account.budget.take(&mut account.state, &third, &mut 0));
    assert_eq!(account.retries(59_999), 3);
    assert_eq!(account.retries(60_000), 3);
}

#[test]
fn sre_forgets_after_its_window_and_without_one_saves_up() {
    let of = |window| {
        let mut account = Account::new(Budget::Sre(Sre { window, ..Sre::DEFAULT }));
        account.calls(900, 0);
        account.calls(9, 200_000);
        account.retries(200_000)
    };
    assert_eq!(of(Some(Span::from_secs(120))), 1);
    assert_eq!(of(None), 101);
    // Ten slices of 12 s: what came in the first slice is gone when the eleventh begins.
    let mut account = Account::new(Budget::Sre(Sre::DEFAULT));
    account.calls(900, 0);
    assert!(account.retry(119_999));
    assert!(!account.retry(120_000));
}

#[test]
fn a_failure_ratio_stops_retries_while_it_is_exceeded() {
    let mut account = Account::new(Budget::FailureRatio(FailureRatio { ratio: Factor(100_000) }));
    account.calls(10, 0);
    account.ends(Outcome::Error);
    assert!(account.retry(0), "1 of 10 does not exceed a tenth");
    account.ends(Outcome::Timeout);
    assert!(!account.retry(0));
    account.ends(Outcome::Cancelled);
    account.calls(10, 0);
    assert!(account.retry(0));
}

#[test]
fn aws_classic_and_2026_rules_charge_by_the_kind_of_error() {
    let retries = |aws, outcome| {
        let mut account = Account::new(Budget::Aws(aws));
        (0..1000).take_while(|_| account.retry_after(outcome, 0)).count()
    };
    for (outcome, classic, standard) in [
        (Outcome::Error, 100, 35),
        (Outcome::Timeout, 50, 35),
        (Outcome::Quota, 100, 100),
    ] {
        assert_eq!(
            (retries(Aws::CLASSIC, outcome), retries(Aws::STANDARD, outcome)),
            (classic, standard),
            "{outcome:?}"
        );
    }
    // A call that never retried returns 1 under both.
    for aws in [Aws::CLASSIC, Aws::STANDARD] {
        let mut account = Account::new(Budget::Aws(aws));
        assert!(account.retry(0));
        account.charge = 0;
        account.ends(Outcome::Ok);
        assert_eq!(account.state, BudgetState::Aws(aws::Quota(501 - aws.cost)));
    }
}

#[test]
fn istio_lets_all_retries_pass_and_an_envoy_budget_counts_what_waits() {
    let busy = InFlight { active: 7, pending: 23 };
    assert_eq!(Envoy::ISTIO.limit(busy), u32::MAX);
    assert_eq!(Envoy::BUDGET.limit(busy), 6);
    assert_eq!(Account::new(Budget::Envoy(Envoy::ISTIO)).retries(0), 10_000);
}

#[test]
fn a_hedge_costs_what_a_retry_does_but_gives_grpc_no_failure() {
    let grpc = Budget::Grpc(Grpc {
        max_tokens: 4,
        token_ratio_milli: 100,
    });
    let ask = Ask {
        now: at(0),
        outcome: Outcome::Ok,
        attempts: 0,
        in_flight: InFlight::default(),
    };
    let mut account = Account::new(grpc);
    let hedge = |account: &mut Account| {
        account
            .budget
            .take_unprovoked(&mut account.state, &ask, &mut account.charge)
    };
    assert!((0..10).all(|_| hedge(&mut account)));
    assert!(account.retry(0) && hedge(&mut account));
    assert!(!account.retry(0) && !hedge(&mut account));
    let mut bucket = Account::new(bucket(100_000, 3, false));
    assert_eq!((0..10).filter(|_| hedge(&mut bucket)).count(), 3);
}

#[test]
fn nonsense_is_named_with_its_default() {
    let share = Envoy::RetryBudget {
        percent: Factor(1_000_001),
        min_concurrency: 3,
    };
    let empty = Aws {
        capacity: 0,
        ..Aws::CLASSIC
    };
    for bad in [
        Budget::Envoy(share),
        Budget::Aws(empty),
        finagle(61, 1, 200_000),
        tower(0, 1, 200_000),
        Budget::Grpc(Grpc {
            max_tokens: 1_001,
            token_ratio_milli: 1,
        }),
        Budget::Sre(Sre {
            attempts: 0,
            ..Sre::DEFAULT
        }),
        bucket(1, 0, false),
    ] {
        let message = bad.check().unwrap_err().0;
        assert!(message.contains("default"), "{message}");
    }
}

#[test]
fn every_kind_has_a_name_of_its_own() {
    let names: std::collections::BTreeSet<&str> = all().into_iter().map(|it| it.kind()).collect();
    assert_eq!(names.len(), 9);
}

fn all() -> Vec<Budget> {
    vec![
        bucket(130_000, 4, false),
        bucket(130_000, 4, true),
        Budget::SuccessBucket(SuccessBucket {
            deposit: Factor(70_000),
            burst: 3,
            strict: false,
        }),
        finagle(2, 1, 300_000),
        tower(2, 1, 300_000),
        Budget::Grpc(Grpc {
            max_tokens: 7,
            token_ratio_milli: 333,
        }),
        Budget::Aws(Aws {
            capacity: 37,
            ..Aws::STANDARD
        }),
        Budget::Envoy(Envoy::MaxRetries(2)),
        Budget::Sre(Sre {
            window: Some(Span::from_secs(1)),
            ..Sre::DEFAULT
        }),
        Budget::Sre(Sre {
            window: None,
            ..Sre::DEFAULT
        }),
        Budget::FailureRatio(FailureRatio { ratio: Factor(400_000) }),
    ]
}

proptest! {
    /// Calls of one caller, each with its own charge, in any order: nothing is below zero or above its cap, and what a budget
    /// promises about retries holds.
    #[test]
    fn budgets_stay_within_their_limits(
        which in 0..all().len(), events in prop::collection::vec((0u64..400, 0u8..4, 0usize..5), 1..300),
    ) {
        let budget = all()[which];
        let mut state = budget.start();
        let mut charges = [0u32; 5];
        let (mut now, mut calls, mut successes, mut retries) = (0, 0u64, 0u64, 0u64);
        for (gap, event, call) in events {
            now += gap;
            match event {
                0 => {
                    calls += 1;
                    budget.on_call(&mut state, at(now));
                }
                1 => {
                    successes += 1;
                    budget.settle(&mut state, at(now), Outcome::Ok, &mut charges[call]);
                    charges[call] = 0;
                }
                _ => {
                    budget.settle(&mut state, at(now), Outcome::Error, &mut charges[call]);
                    let ask = Ask { now: at(now), outcome: Outcome::Error, attempts: 1, in_flight: InFlight::default() };
                    retries += u64::from(budget.take(&mut state, &ask, &mut charges[call]));
                }
            }
            match (&budget, &state) {
                (Budget::Bucket(it), BudgetState::Bucket(tokens)) => {
                    prop_assert!(tokens.0 <= u64::from(it.burst) * 1_000_000);
                    prop_assert!(retries * 1_000_000 <= u64::from(it.burst) * 1_000_000 + calls * it.deposit.0);
                }
                (Budget::SuccessBucket(it), BudgetState::SuccessBucket(tokens)) => {
                    prop_assert!(tokens.0 <= u64::from(it.burst) * 1_000_000);
                    prop_assert!(retries * 1_000_000 <= u64::from(it.burst) * 1_000_000 + successes * it.deposit.0);
                }
                (Budget::Grpc(it), BudgetState::Grpc(tokens)) => prop_assert!(tokens.0 <= it.max_tokens * 1_000),
                (Budget::Aws(it), BudgetState::Aws(quota)) => prop_assert!(quota.left() <= it.capacity),
                (Budget::Envoy(_), BudgetState::Envoy(active)) => {
                    prop_assert!(active.count() <= 2);
                    prop_assert_eq!(active.count(), charges.iter().sum::<u32>());
                }
                (Budget::Sre(it), BudgetState::Sre(counts)) => {
                    prop_assert!(counts.retries <= counts.requests);
                    prop_assert!(it.window.is_some() || retries * 9 < calls + 9);
                }
                _ => (),
            }
        }
    }

    /// That a debit counts for a time and a deposit not for ever bounds the retries of any stretch. Both times depend on who
    /// looks when: Finagle's slices stretch to two widths, tower's pass at twice the speed if looks are just over one apart.
    #[test]
    fn sliding_windows_bound_the_retries_of_any_stretch(
        is_tower in any::<bool>(), min_per_second in 0u32..4, percent in 1u64..2_500, start in 0u64..5_000,
        events in prop::collection::vec((0u64..250, any::<bool>()), 1..300),
    ) {
        let percent = percent * 1_000;
        let make = if is_tower { tower } else { finagle };
        let (deposit, cost) = match percent {
            _ if !is_tower => (1_000, 1_000_000_000 / percent),
            1_001_000.. => (1_000, 1_000_000_000 / percent),
            _ => (1, 1_000_000 / percent),
        };
        let reserve = u64::from(min_per_second) * 2 * cost;
        let mut account = Account::new(make(2, min_per_second, percent));
        const WIDTH: u64 = 200;
        let debit_widths = if is_tower { 5 } else { 8 };
        let (mut now, mut deposits, mut retries) = (start, Vec::new(), Vec::new());
        for (gap, is_call) in events {
            now += gap;
            if is_call {
                account.calls(1, now);
                deposits.push(now);
            } else if account.retry(now) {
                retries.push(now);
                let since = |times: &[u64], widths| times.iter().filter(|&&it| it + widths * WIDTH > now).count() as u64;
                prop_assert!(since(&retries, debit_widths) * cost <= since(&deposits, 22) * deposit + reserve);
            }
        }
    }
}
