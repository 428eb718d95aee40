//! How people move. Positions change once a second.

use super::chance::Chance;
use super::space::Place;

/// A way for a crowd to stand or walk. Sizes follow from the number of people, so
/// that a crowd of any size is as dense.
#[derive(Debug, Clone, PartialEq)]
pub enum Movement {
    /// Everybody stays where they are, in a square.
    Still {
        /// Ground for one person, square metres.
        ground_m2: f32,
    },
    /// A column walks along a street.
    March {
        /// Width of the street, metres.
        width_m: f32,
        /// Ground for one person, square metres.
        ground_m2: f32,
        /// Metres a second; people differ by a fifth of it.
        speed_m_per_s: f32,
    },
    /// From all around to the middle of a square, and standing there.
    Gather {
        /// Ground for one person at the end, square metres.
        ground_m2: f32,
        /// How much wider they stand at the beginning.
        spread: f32,
        /// Metres a second.
        speed_m_per_s: f32,
    },
    /// Two crowds that stand out of reach of each other, and one person, the last,
    /// who walks from one to the other and back.
    Courier {
        /// Ground for one person, square metres.
        ground_m2: f32,
        /// Between the two crowds, metres.
        apart_m: f32,
        /// Metres a second.
        speed_m_per_s: f32,
    },
    /// Recorded: one row a second.
    Trace(Trace),
}

/// Recorded positions of everybody, one row a second.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Trace {
    rows: Vec<Vec<Place>>,
}

/// Why a file is no trace.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} is no row of a trace: {what}")]
pub struct TraceError {
    line: usize,
    what: &'static str,
}

impl Trace {
    /// Reads `time_s,x0_m,y0_m,…` with a head line and one row a second.
    ///
    /// # Errors
    /// The first line that is not so.
    pub fn parse(text: &str) -> Result<Self, TraceError> {
        let mut rows: Vec<Vec<Place>> = Vec::new();
        for (at, line) in text.lines().enumerate().skip(1) {
            let error = |what| TraceError { line: at + 1, what };
            if line.trim().is_empty() {
                continue;
            }
            let mut numbers = line.split(',').map(|field| field.trim().parse::<f32>());
            let time_s = numbers.next().and_then(Result::ok);
            let second = time_s.ok_or(error("no time"))? as usize;
            let metres: Result<Vec<f32>, _> = numbers.collect();
            let metres = metres.map_err(|_| error("not a number"))?;
            let (pairs, rest) = metres.as_chunks::<2>();
            let is_even = rest.is_empty() && metres.iter().all(|metre| metre.is_finite());
            let places: Vec<Place> = pairs.iter().map(|[x, y]| place(*x, *y)).collect();
            let before = rows.last().map_or(places.len(), Vec::len);
            if !is_even || places.is_empty() || places.len() != before {
                return Err(error("not the same people as in the row before"));
            }
            if second < rows.len() || second > rows.len() + 3_600 {
                return Err(error("time does not go on"));
            }
            // A second that was left out is like the one before it.
            while rows.len() < second {
                rows.push(rows.last().unwrap_or(&places).clone());
            }
            rows.push(places);
        }
        match rows.is_empty() {
            true => Err(TraceError {
                line: 1,
                what: "no rows",
            }),
            false => Ok(Self { rows }),
        }
    }

    /// The same with other numbers: who was `order[n]` is `n` now.
    pub(super) fn renumber(&mut self, order: &[usize]) {
        for row in &mut self.rows {
            let moved = order.iter().filter_map(|who| row.get(*who).copied());
            *row = moved.collect();
        }
    }

    /// How many people.
    #[must_use]
    pub fn people(&self) -> usize {
        self.rows.first().map_or(0, Vec::len)
    }

    /// How many seconds.
    #[must_use]
    pub fn seconds(&self) -> usize {
        self.rows.len()
    }

    /// Where everybody is in a second; afterwards they stay.
    #[must_use]
    pub fn row(&self, second: usize) -> &[Place] {
        let row = self.rows.get(second).or(self.rows.last());
        row.map_or(&[], Vec::as_slice)
    }
}

/// The people of one world.
#[derive(Debug)]
pub(super) struct Crowd {
    movement: Movement,
    places: Vec<Place>,
    /// Where each began, and a number for their own ways.
    homes: Vec<(Place, f32)>,
    /// Seconds of a trace that are left out.
    skipped_s: usize,
    side_m: f32,
}

impl Crowd {
    pub(super) fn new(
        movement: Movement,
        people: usize,
        skipped_s: usize,
        chance: &mut Chance,
    ) -> Self {
        let mut crowd = Self {
            places: vec![Place::default(); people],
            homes: Vec::new(),
            skipped_s,
            side_m: side_m(&movement, people),
            movement,
        };
        crowd.homes = (0..people)
            .map(|who| {
                let (x, y) = (chance.unit() as f32, chance.unit() as f32);
                (crowd.home(who, people, x, y), chance.unit() as f32)
            })
            .collect();
        crowd.step(0, chance);
        crowd
    }

    pub(super) fn places(&self) -> &[Place] {
        &self.places
    }

    /// Whether anybody moves at all.
    pub(super) fn moves(&self) -> bool {
        !matches!(self.movement, Movement::Still { .. })
    }

    /// Where everybody is after `second` seconds.
    pub(super) fn step(&mut self, second: u64, chance: &mut Chance) {
        if let Movement::Trace(trace) = &self.movement {
            let row = trace.row(second as usize + self.skipped_s);
            self.places
                .iter_mut()
                .zip(row)
                .for_each(|(place, now)| *place = *now);
            return;
        }
        let last = self.places.len().saturating_sub(1);
        for (who, (place, (home, own))) in self.places.iter_mut().zip(&self.homes).enumerate() {
            *place = match &self.movement {
                Movement::Still { .. } | Movement::Trace(_) => *home,
                Movement::March {
                    width_m,
                    speed_m_per_s,
                    ..
                } => {
                    let along = speed_m_per_s * (0.9 + 0.2 * own) * second as f32;
                    let before = if second == 0 { home.y_m } else { place.y_m };
                    let sway = (chance.unit() as f32 - 0.5) * 0.6;
                    self::place(home.x_m + along, (before + sway).clamp(0.0, *width_m))
                }
                Movement::Gather {
                    spread,
                    speed_m_per_s,
                    ..
                } => {
                    let (x, y) = (home.x_m * spread, home.y_m * spread);
                    let way_m = ((x - home.x_m).powi(2) + (y - home.y_m).powi(2)).sqrt();
                    let done = (speed_m_per_s * second as f32 / way_m.max(0.1)).min(1.0);
                    self::place(x + (home.x_m - x) * done, y + (home.y_m - y) * done)
                }
                Movement::Courier {
                    apart_m,
                    speed_m_per_s,
                    ..
                } if who == last => {
                    let way_m = apart_m + self.side_m;
                    let walked = speed_m_per_s * second as f32 % (2.0 * way_m);
                    self::place(walked.min(2.0 * way_m - walked), self.side_m / 2.0)
                }
                Movement::Courier { .. } => *home,
            };
        }
    }

    fn home(&self, who: usize, people: usize, x: f32, y: f32) -> Place {
        match &self.movement {
            Movement::March { width_m, .. } => place(x * self.side_m, y * width_m),
            Movement::Gather { .. } => place((x - 0.5) * self.side_m, (y - 0.5) * self.side_m),
            Movement::Courier { apart_m, .. } => {
                let is_second = who >= people / 2;
                let shift_m = if is_second {
                    apart_m + self.side_m
                } else {
                    0.0
                };
                place(x * self.side_m + shift_m, y * self.side_m)
            }
            Movement::Still { .. } | Movement::Trace(_) => place(x * self.side_m, y * self.side_m),
        }
    }
}

/// Side of the ground that a crowd covers, or length of a march, metres.
fn side_m(movement: &Movement, people: usize) -> f32 {
    let people = people as f32;
    match movement {
        Movement::Still { ground_m2 } | Movement::Gather { ground_m2, .. } => {
            (people * ground_m2).sqrt()
        }
        Movement::Courier { ground_m2, .. } => (people / 2.0 * ground_m2).sqrt(),
        Movement::March {
            ground_m2, width_m, ..
        } => people * ground_m2 / width_m.max(0.1),
        Movement::Trace(_) => 0.0,
    }
}

fn place(x_m: f32, y_m: f32) -> Place {
    Place { x_m, y_m }
}

#[cfg(test)]
mod tests;
