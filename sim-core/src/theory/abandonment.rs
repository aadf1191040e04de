//! Queues whose waiting requests give up: after an exponential patience (Erlang A) or a fixed one.

/// What an M/M/c queue with abandonment does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Abandonment {
    /// The share of arrivals that gives up.
    pub abandon_ratio: f64,
    /// The share of arrivals that has to wait (and may give up).
    pub wait_probability: f64,
    /// Requests served per second.
    pub goodput: f64,
    /// The busy fraction of the workers.
    pub utilization: f64,
    /// Mean time in the queue of all arrivals, in seconds.
    pub queue_time_mean: f64,
}

/// M/M/c where each waiting request leaves after an exponential patience of mean `patience` seconds.
///
/// Rates per second, of one worker for `service_rate`; always stable.
/// Sources: C. Palm (1946); O. Garnett, A. Mandelbaum, M. Reiman, Manuf. Serv. Oper. Manag. 4(3), 2002.
pub fn erlang_a(arrival_rate: f64, service_rate: f64, workers: u32, patience: f64) -> Abandonment {
    assert!(
        arrival_rate > 0.0 && service_rate > 0.0 && workers > 0 && patience > 0.0,
        "everything above zero"
    );
    let (mut weight, mut total, mut waiting, mut queue) = (1.0f64, 1.0f64, 0.0, 0.0);
    for n in 1u32.. {
        let queued = f64::from(n.saturating_sub(workers));
        weight *= arrival_rate / (f64::from(n.min(workers)) * service_rate + queued / patience);
        total += weight;
        queue += queued * weight;
        if n >= workers {
            waiting += weight;
            if weight < total * 1e-18 {
                break;
            }
        }
        if total > 1e250 {
            for sum in [&mut weight, &mut total, &mut waiting, &mut queue] {
                *sum *= 1e-250;
            }
        }
    }
    let queue = queue / total;
    let abandon_ratio = queue / patience / arrival_rate;
    let goodput = arrival_rate * (1.0 - abandon_ratio);
    Abandonment {
        abandon_ratio,
        wait_probability: waiting / total,
        goodput,
        utilization: goodput / (service_rate * f64::from(workers)),
        queue_time_mean: queue / arrival_rate,
    }
}

/// M/M/c where a request still waiting after exactly `timeout` seconds is dropped: M/M/c+D.
///
/// Sources: F. Baccelli, G. Hebuterne, Performance '81; S. Zeltyn, A. Mandelbaum, Queueing Systems 51, 2005.
pub fn fixed_timeout(arrival_rate: f64, service_rate: f64, workers: u32, timeout: f64) -> Abandonment {
    assert!(
        arrival_rate > 0.0 && service_rate > 0.0 && workers > 0 && timeout >= 0.0,
        "everything above zero"
    );
    let capacity = service_rate * f64::from(workers);
    let drift = arrival_rate - capacity;
    // The integral of e^(drift x) from 0 to the timeout, and what follows it.
    let rising = |x: f64| {
        if drift == 0.0 {
            x
        } else {
            libm::expm1(drift * x) / drift
        }
    };
    let end = libm::exp(drift * timeout) / capacity;
    let j = rising(timeout) + end;
    // Sum over k < c of (a^k / k!) / (a^(c-1) / (c-1)!), from the last down.
    let (mut idle, mut term) = (0.0, 1.0);
    for k in (0..workers).rev() {
        idle += term;
        term *= f64::from(k) * service_rate / arrival_rate;
    }
    let norm = idle + arrival_rate * j;
    let abandon_ratio = (1.0 + drift * j) / norm;
    let goodput = arrival_rate * (1.0 - abandon_ratio);
    // The virtual wait has density proportional to e^(drift x) up to the timeout; beyond, everyone waits the timeout.
    let first_moment = if drift.abs() * timeout < 1e-6 {
        timeout * timeout / 2.0
    } else {
        (timeout * libm::exp(drift * timeout) - rising(timeout)) / drift
    };
    Abandonment {
        abandon_ratio,
        wait_probability: arrival_rate * j / norm,
        goodput,
        utilization: goodput / capacity,
        queue_time_mean: arrival_rate * (first_moment + timeout * end) / norm,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::assert_printed;
    use crate::theory::erlang::erlang_b;
    use crate::theory::mmc::Mmc;

    #[test]
    fn erlang_a_l96_c8() {
        let queue = erlang_a(96.0, 10.0, 8, 0.2);
        assert_printed(queue.abandon_ratio, 0.20399);
        assert_printed(queue.wait_probability, 0.83344);
        assert_printed(queue.queue_time_mean, 0.040798);
    }

    #[test]
    fn queue_timeout_l220_c4_d01() {
        let queue = fixed_timeout(220.0, 50.0, 4, 0.1);
        assert_printed(queue.abandon_ratio, 0.10101);
        assert_printed(queue.wait_probability, 0.97437);
        assert_printed(queue.goodput, 197.78);
        assert_printed(queue.utilization, 0.98889);
    }

    #[test]
    fn no_patience_is_erlang_b_and_endless_patience_erlang_c() {
        let (none, endless) = (fixed_timeout(220.0, 50.0, 4, 0.0), fixed_timeout(160.0, 50.0, 4, 20.0));
        assert!((none.abandon_ratio - erlang_b(4, 4.4)).abs() < 1e-12);
        let free = Mmc::new(160.0, 50.0, 4).unwrap();
        assert!((endless.wait_probability - free.wait_probability()).abs() < 1e-9);
        assert!((endless.queue_time_mean / free.wait_mean() - 1.0).abs() < 1e-9);
        let patient = erlang_a(160.0, 50.0, 4, 1e9);
        assert!((patient.queue_time_mean / free.wait_mean() - 1.0).abs() < 1e-6);
    }
}
