use super::*;

fn crowd(movement: Movement, people: usize) -> (Crowd, Chance) {
    let mut chance = Chance::new(1, 1);
    let crowd = Crowd::new(movement, people, 0, &mut chance);
    (crowd, chance)
}

#[test]
fn still_people_stay_in_a_square_of_their_density() {
    let (mut crowd, mut chance) = crowd(Movement::Still { ground_m2: 4.0 }, 100);
    let before = crowd.places().to_vec();
    crowd.step(100, &mut chance);
    assert_eq!(crowd.places(), before);
    let inside = |metres: f32| (0.0..=20.0).contains(&metres);
    assert!(before.iter().all(|p| inside(p.x_m) && inside(p.y_m)));
    assert!(before.iter().any(|p| p.x_m > 15.0) && before.iter().any(|p| p.x_m < 5.0));
}

#[test]
fn march_goes_on_and_stays_in_its_street() {
    let movement = Movement::March {
        width_m: 15.0,
        ground_m2: 3.0,
        speed_m_per_s: 1.0,
    };
    let (mut crowd, mut chance) = crowd(movement, 50);
    let before = crowd.places().to_vec();
    (1..=100).for_each(|second| crowd.step(second, &mut chance));
    for (before, after) in before.iter().zip(crowd.places()) {
        assert!((85.0..=115.0).contains(&(after.x_m - before.x_m)));
        assert!((0.0..=15.0).contains(&after.y_m));
    }
}

#[test]
fn people_who_gather_end_closer_than_they_began() {
    let movement = Movement::Gather {
        ground_m2: 4.0,
        spread: 5.0,
        speed_m_per_s: 1.0,
    };
    let (mut crowd, mut chance) = crowd(movement, 100);
    let widest = |crowd: &Crowd| crowd.places().iter().map(|p| p.x_m).fold(0.0, f32::max);
    assert!(widest(&crowd) > 30.0);
    crowd.step(600, &mut chance);
    assert!(widest(&crowd) <= 10.0);
}

#[test]
fn courier_alone_is_in_both_crowds_in_turn() {
    let movement = Movement::Courier {
        ground_m2: 4.0,
        apart_m: 100.0,
        speed_m_per_s: 1.0,
    };
    let (mut crowd, mut chance) = crowd(movement, 33);
    let others = crowd.places()[..32].to_vec();
    let mut sides = [false; 2];
    for second in 0..300 {
        crowd.step(second, &mut chance);
        assert_eq!(crowd.places()[..32], others);
        sides[0] |= crowd.places()[32].x_m < 5.0;
        sides[1] |= crowd.places()[32].x_m > 105.0;
    }
    assert_eq!(sides, [true; 2]);
    assert!(others[..16].iter().all(|p| p.x_m <= 8.2));
    assert!(others[16..].iter().all(|p| p.x_m >= 100.0));
}

#[test]
fn trace_is_read_by_the_second_and_stays_at_its_end() {
    let trace = Trace::parse("time_s,x0_m,y0_m\n0,1.0,2.0\n1,3.5,4\n3,5,6\n").unwrap();
    assert_eq!((trace.people(), trace.seconds()), (1, 4));
    let places: Vec<Place> = [0, 1, 2, 3, 99].map(|s| trace.row(s)[0]).to_vec();
    let expected = [(1.0, 2.0), (3.5, 4.0), (3.5, 4.0), (5.0, 6.0), (5.0, 6.0)];
    assert_eq!(places, expected.map(|(x, y)| place(x, y)));
}

#[test]
fn what_is_no_trace_is_refused_with_its_line() {
    for (text, line) in [
        ("", 1),
        ("head\n", 1),
        ("head\n0,1\n", 2),
        ("head\n0,1,2\n1,1,2,3,4\n", 3),
        ("head\n0,a,2\n", 2),
        ("head\n1,1,2\n0,1,2\n", 3),
        ("head\n0,NaN,2\n", 2),
        ("head\n9999999,1,2\n", 2),
    ] {
        assert_eq!(
            Trace::parse(text).map_err(|error| error.line),
            Err(line),
            "{text:?}"
        );
    }
}
