//! Closed systems: a fixed number of users who think, ask, and wait for the answer.
//!
//! Source: E. D. Lazowska et al., *Quantitative System Performance* (1984).

use super::mmck::birth_death;

/// Users and one service with exponential think and service times: the machine repair model.
#[derive(Clone, Debug, PartialEq)]
pub struct MachineRepair {
    users: u32,
    think: f64,
    service: f64,
    workers: u32,
    share: Vec<f64>,
}

impl MachineRepair {
    /// `think` and `service` are means in seconds, above zero; at least one user and one worker.
    pub fn new(users: u32, think: f64, service: f64, workers: u32) -> MachineRepair {
        assert!(
            users > 0 && workers > 0 && think > 0.0 && service > 0.0,
            "users, workers and times above zero"
        );
        let up = |n: usize| (f64::from(users) - n as f64) / think;
        let down = |n: usize| (n as f64).min(f64::from(workers)) / service;
        MachineRepair {
            users,
            think,
            service,
            workers,
            share: birth_death(users as usize, up, down),
        }
    }

    /// Requests answered per second.
    pub fn throughput(&self) -> f64 {
        let busy = |n: usize| (n as f64).min(f64::from(self.workers));
        self.share
            .iter()
            .enumerate()
            .map(|(n, share)| share * busy(n))
            .sum::<f64>()
            / self.service
    }

    /// Mean response time in seconds (the interactive response time law).
    pub fn response_mean(&self) -> f64 {
        f64::from(self.users) / self.throughput() - self.think
    }

    /// The busy fraction of the workers.
    pub fn utilization(&self) -> f64 {
        self.throughput() * self.service / f64::from(self.workers)
    }

    /// How many users saturate the workers: below, nobody need wait much; above, response grows with each user.
    pub fn saturation_users(&self) -> f64 {
        f64::from(self.workers) * (self.think + self.service) / self.service
    }
}

/// Exact mean value analysis of single-worker stations: throughput per second and mean response at each station.
///
/// `demands` are the mean work per visit round at each station and `think` the mean think time, in seconds.
/// Source: M. Reiser, S. S. Lavenberg, J. ACM 27(2), 1980.
pub fn mean_value_analysis(users: u32, think: f64, demands: &[f64]) -> (f64, Vec<f64>) {
    assert!(
        think >= 0.0 && demands.iter().all(|demand| *demand >= 0.0),
        "times are zero or more"
    );
    let mut queue = vec![0.0; demands.len()];
    let (mut throughput, mut response) = (0.0, demands.to_vec());
    for n in 1..=users {
        for ((response, demand), queue) in response.iter_mut().zip(demands).zip(&queue) {
            *response = demand * (1.0 + queue);
        }
        throughput = f64::from(n) / (think + response.iter().sum::<f64>());
        for (queue, response) in queue.iter_mut().zip(&response) {
            *queue = throughput * response;
        }
    }
    (throughput, response)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::assert_printed;

    #[test]
    fn closed_n20_c1() {
        let system = MachineRepair::new(20, 1.0, 0.05, 1);
        assert_printed(system.throughput(), 16.822);
        assert_printed(system.response_mean(), 0.18891);
        assert_printed(system.utilization(), 0.84111);
        assert_printed(system.saturation_users(), 21.0);
        let (throughput, response) = mean_value_analysis(20, 1.0, &[0.05]);
        assert!((throughput / system.throughput() - 1.0).abs() < 1e-12);
        assert!((response[0] / system.response_mean() - 1.0).abs() < 1e-10);
    }

    #[test]
    fn the_slowest_station_bounds_the_throughput() {
        let (throughput, response) = mean_value_analysis(200, 1.0, &[0.05, 0.02]);
        assert!((throughput - 20.0).abs() < 1e-6);
        assert!((response.iter().sum::<f64>() - (200.0 / throughput - 1.0)).abs() < 1e-9);
    }
}
