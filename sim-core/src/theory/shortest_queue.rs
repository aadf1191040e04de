//! Join the shortest of two queues: Poisson arrivals, two exponential workers with a queue each, fresh information.
//!
//! No closed form, but an exact chain on (shorter queue, difference), solved numerically by the matrix-geometric method.
//! Sources: W. Winston, J. Appl. Prob. 14, 1977 (the model); M. F. Neuts, *Matrix-Geometric Solutions in Stochastic
//! Models* (1981).

use super::numeric::tail_quantile;
use super::{Unstable, stable};
use crate::dist::special::gamma_q;

/// The steady state of two queues under join-the-shortest-queue.
#[derive(Clone, Debug, PartialEq)]
pub struct ShortestOfTwo {
    service_rate: f64,
    /// The share of time in which the shorter queue (the one in service included) holds 0, 1, 2 ...
    shorter: Vec<f64>,
}

/// Differences beyond this are so rare that they do not reach the last digit.
const DIFFERENCES: usize = 48;

type Square = Vec<[f64; DIFFERENCES]>;

impl ShortestOfTwo {
    /// All arrivals per second, and the services of one worker per second.
    pub fn new(arrival_rate: f64, service_rate: f64) -> Result<ShortestOfTwo, Unstable> {
        stable(arrival_rate, 2.0 * service_rate)?;
        // Per transition of the chain, in units of the total rate.
        let total = arrival_rate + 2.0 * service_rate;
        let (arrive, serve) = (arrival_rate / total, service_rate / total);
        let ratio = level_ratio(arrive, serve);
        let mut level = first_level(arrive, serve, &ratio);
        let mut shorter = Vec::new();
        loop {
            let share: f64 = level.iter().sum();
            shorter.push(share);
            if share < 1e-17 || shorter.len() > 100_000 {
                break;
            }
            level = row_times(&level, &ratio);
        }
        let sum: f64 = shorter.iter().rev().sum();
        shorter.iter_mut().for_each(|share| *share /= sum);
        Ok(ShortestOfTwo { service_rate, shorter })
    }

    /// The share of arrivals that finds both workers busy.
    pub fn wait_probability(&self) -> f64 {
        1.0 - self.shorter[0]
    }

    /// Mean response time in seconds.
    pub fn response_mean(&self) -> f64 {
        self.shorter
            .iter()
            .enumerate()
            .map(|(ahead, share)| (ahead + 1) as f64 * share)
            .sum::<f64>()
            / self.service_rate
    }

    /// Quantile `p` of the response time in seconds: a sum of exponentials, by how many are ahead.
    pub fn response_quantile(&self, p: f64) -> f64 {
        let tail = |t: f64| {
            let tails = self.shorter.iter().enumerate();
            tails
                .map(|(ahead, share)| share * gamma_q((ahead + 1) as f64, self.service_rate * t))
                .sum::<f64>()
        };
        tail_quantile(tail, p, self.response_mean())
    }
}

fn row_times(row: &[f64], square: &Square) -> Vec<f64> {
    let mut product = vec![0.0; DIFFERENCES];
    for (share, line) in row.iter().zip(square) {
        product
            .iter_mut()
            .zip(line)
            .for_each(|(sum, entry)| *sum += share * entry);
    }
    product
}

/// A row of "level below" after one service at the shorter queue: the difference grows by one.
fn down(row: &[f64], serve: f64) -> Vec<f64> {
    let mut after = vec![0.0; DIFFERENCES];
    for (d, share) in row.iter().enumerate() {
        // At equal lengths either worker makes the difference; the largest difference stays as it is.
        after[(d + 1).min(DIFFERENCES - 1)] += share * if d == 0 { 2.0 * serve } else { serve };
    }
    after
}

/// Solves `x (I - stay) = row` where `stay` holds what keeps the level: from difference 0 an arrival leads to 1, from
/// d > 0 a service of the longer queue to d - 1; at level 0 the idle worker's share stays where it is.
fn through_stays(row: &[f64], arrive: f64, serve: f64) -> Vec<f64> {
    // x[d] = row[d] + serve x[d+1], and for d = 1 also arrive x[0]: from the top down, then close the loop of 0 and 1.
    let mut x = row.to_vec();
    for d in (1..DIFFERENCES - 1).rev() {
        x[d] += serve * x[d + 1];
    }
    // x0 = row0 + serve x1, x1 = above + arrive x0.
    let above = x[1];
    x[0] = (row[0] + serve * above) / (1.0 - serve * arrive);
    x[1] = above + arrive * x[0];
    x
}

/// Neuts's R, by R = (A0 + R^2 A2)(I - A1)^-1 from zero: rises to the solution.
fn level_ratio(arrive: f64, serve: f64) -> Square {
    let mut ratio: Square = vec![[0.0; DIFFERENCES]; DIFFERENCES];
    for _ in 0..1_000_000 {
        let mut change = 0.0f64;
        let next: Square = (0..DIFFERENCES)
            .map(|d| {
                let mut row = down(&row_times(&row_times(&unit(d), &ratio), &ratio), serve);
                if d > 0 {
                    row[d - 1] += arrive;
                }
                let row = through_stays(&row, arrive, serve);
                let mut line = [0.0; DIFFERENCES];
                line.copy_from_slice(&row);
                for (new, old) in line.iter().zip(&ratio[d]) {
                    change = change.max((new - old).abs());
                }
                line
            })
            .collect();
        ratio = next;
        if change < 1e-16 {
            break;
        }
    }
    ratio
}

fn unit(d: usize) -> Vec<f64> {
    (0..DIFFERENCES).map(|at| f64::from(u8::from(at == d))).collect()
}

/// The level with an idle worker, up to a factor: x = x (stays + R down), by power iteration on the censored chain.
fn first_level(arrive: f64, serve: f64, ratio: &Square) -> Vec<f64> {
    let mut x = vec![1.0 / DIFFERENCES as f64; DIFFERENCES];
    for _ in 0..1_000_000 {
        let mut next = down(&row_times(&x, ratio), serve);
        for (d, share) in x.iter().enumerate() {
            if d == 0 {
                next[1] += arrive * share;
                next[0] += 2.0 * serve * share;
            } else {
                next[d - 1] += serve * share;
                next[d] += serve * share;
            }
        }
        let total: f64 = next.iter().sum();
        let mut change = 0.0f64;
        for (new, old) in next.iter_mut().zip(&x) {
            *new /= total;
            change = change.max((*new - old).abs());
        }
        x = next;
        if change < 1e-16 {
            break;
        }
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::assert_printed;

    #[test]
    fn jsq_n2_rho09() {
        let queues = ShortestOfTwo::new(90.0, 50.0).unwrap();
        assert_printed(queues.response_mean(), 0.1095);
        assert_printed(queues.wait_probability(), 0.84225);
        assert_printed(queues.response_quantile(0.5), 0.077888);
        assert_printed(queues.response_quantile(0.99), 0.49015);
    }

    #[test]
    fn hardly_any_load_hardly_waits() {
        let queues = ShortestOfTwo::new(1e-6, 50.0).unwrap();
        assert!((queues.response_mean() - 0.02).abs() < 1e-9);
        assert!(queues.wait_probability() < 1e-12);
    }
}
