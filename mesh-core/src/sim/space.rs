//! Where everybody is, and who is near.

use std::collections::HashMap;

/// Metres east and north of a corner.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Place {
    /// Metres east.
    pub x_m: f32,
    /// Metres north.
    pub y_m: f32,
}

impl Place {
    /// Whether another place is at most `range_m` away.
    #[must_use]
    pub fn is_within(self, other: Self, range_m: f32) -> bool {
        let (dx, dy) = (self.x_m - other.x_m, self.y_m - other.y_m);
        dx * dx + dy * dy <= range_m * range_m
    }
}

/// A square of ground whose side is the radio range.
pub(super) type Square = (i32, i32);

/// People by the square they stand in.
#[derive(Debug, Default)]
pub(super) struct Ground {
    side_m: f32,
    places: Vec<Place>,
    squares: HashMap<Square, Vec<u32>>,
}

impl Ground {
    /// Squares of a side; whoever is in range is in the same or the next square.
    pub(super) fn new(range_m: f32) -> Self {
        Self {
            side_m: range_m.max(0.1),
            ..Self::default()
        }
    }

    /// Everybody moves. Looked up by square only, so no order of a map shows.
    pub(super) fn put_all(&mut self, places: &[Place]) {
        self.places.clear();
        self.places.extend_from_slice(places);
        self.squares.clear();
        for (who, place) in (0..).zip(places) {
            let square = self.square(*place);
            self.squares.entry(square).or_default().push(who);
        }
    }

    pub(super) fn place(&self, who: u32) -> Place {
        self.places.get(who as usize).copied().unwrap_or_default()
    }

    pub(super) fn are_near(&self, one: u32, other: u32) -> bool {
        self.place(one).is_within(self.place(other), self.side_m)
    }

    /// Everybody else within the side of a square, by square and number.
    pub(super) fn near(&self, who: u32) -> Vec<u32> {
        let place = self.place(who);
        let (x, y) = self.square(place);
        let mut near = Vec::new();
        for square in (-1..=1).flat_map(|dx| (-1..=1).map(move |dy| (x + dx, y + dy))) {
            let inside = self.squares.get(&square).into_iter().flatten();
            near.extend(inside.filter(|other| **other != who && self.are_near(who, **other)));
        }
        near
    }

    pub(super) fn square(&self, place: Place) -> Square {
        let along = |metres: f32| (metres / self.side_m).floor() as i32;
        (along(place.x_m), along(place.y_m))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::chance::Chance;

    #[test]
    fn grid_finds_exactly_those_in_range() {
        let mut chance = Chance::new(5, 0);
        let mut metres = || (chance.unit() * 100.0 - 50.0) as f32;
        let places: Vec<Place> = (0..200)
            .map(|_| Place {
                x_m: metres(),
                y_m: metres(),
            })
            .collect();
        let mut ground = Ground::new(10.0);
        ground.put_all(&places);
        for who in 0..200 {
            let mut near = ground.near(who);
            near.sort_unstable();
            let expected: Vec<u32> = (0..200)
                .filter(|other| *other != who)
                .filter(|other| places[who as usize].is_within(places[*other as usize], 10.0))
                .collect();
            assert_eq!(near, expected);
        }
    }
}
