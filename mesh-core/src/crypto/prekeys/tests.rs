use super::*;
use crate::crypto::bundle::{CardDay, is_bundle_day};
use crate::testing::rng;

const TODAY: Day = Day(20_780);

#[test]
fn keys_of_a_day_come_back_from_their_row_and_no_other_length_does() {
    let prekey = DayPrekey::generate(TODAY, &mut rng(1));
    let row = prekey.encode();
    assert_eq!(row.expose()[..4], TODAY.0.to_le_bytes());
    let back = DayPrekey::decode(row.expose()).unwrap();
    assert_eq!(back.bundle_keys(), prekey.bundle_keys());
    assert_eq!((back.id(), back.day()), (prekey.id(), TODAY));
    for len in (0..DAY_PREKEY_BYTES).chain([DAY_PREKEY_BYTES + 1]) {
        let row = vec![7; len];
        assert_eq!(DayPrekey::decode(&row).err(), Some(PrekeyRowError));
    }
}

#[test]
fn a_one_time_key_comes_back_from_its_row_and_no_other_length_does() {
    let prekey = OneTimePrekey::generate(Wall(5), TODAY, &mut rng(1));
    let row = prekey.encode();
    let back = OneTimePrekey::decode(row.expose()).unwrap();
    assert_eq!((back.public(), back.kem_day()), (prekey.public(), TODAY));
    assert!(back.token == prekey.token && back.made == Wall(5));
    for len in (0..ONE_TIME_PREKEY_BYTES).chain([ONE_TIME_PREKEY_BYTES + 1]) {
        let row = vec![7; len];
        assert_eq!(OneTimePrekey::decode(&row).err(), Some(PrekeyRowError));
    }
}

#[test]
fn keys_of_a_day_live_as_long_as_a_knock_may_name_them_and_not_longer() {
    for day in TODAY.0 - 10..TODAY.0 + 10 {
        let prekey = DayPrekey::generate(Day(day), &mut rng(1));
        let named = CardDay::watched(TODAY).any(|tag_day| is_bundle_day(Day(day), tag_day));
        assert_eq!(prekey.is_over(TODAY), !named, "{day}");
    }
    let prekey = DayPrekey::generate(TODAY, &mut rng(1));
    assert!(!prekey.is_over(Day(TODAY.0 + PREKEY_DAYS_KEPT - 1)));
    assert!(prekey.is_over(Day(TODAY.0 + PREKEY_DAYS_KEPT)));
}

#[test]
fn a_code_is_shown_a_quarter_of_an_hour_and_its_key_lives_a_day() {
    let made = Wall(1_000_000_000);
    let prekey = OneTimePrekey::generate(made, TODAY, &mut rng(1));
    let at = |age_ms| made.plus_ms(age_ms);
    assert!(prekey.is_shown(made) && prekey.is_shown(at(CODE_SHOWN_MS - 1)));
    assert!(!prekey.is_shown(at(CODE_SHOWN_MS)));
    assert!(!prekey.is_over(at(CODE_LIFETIME_MS - 1)) && prekey.is_over(at(CODE_LIFETIME_MS)));
    let before = made.minus_ms(1);
    assert!(prekey.is_over(before) && !prekey.is_shown(before));
}

#[test]
fn nothing_secret_is_printed() {
    let mut rng = rng(1);
    let day = DayPrekey::generate(TODAY, &mut rng);
    assert_eq!(format!("{day:?}"), "DayPrekey(Day(20780), …)");
    let once = OneTimePrekey::generate(Wall(0), TODAY, &mut rng);
    assert_eq!(format!("{once:?}"), "OneTimePrekey(…)");
    let recovery = RecoveryPrekey::generate(&mut rng);
    assert_eq!(format!("{recovery:?}"), "RecoveryPrekey(Secret<32>(…))");
}
