//! Tests of the profile folder, on real files.

use super::*;
use crate::node::restore::Check;

fn folder() -> (tempfile::TempDir, PathBuf) {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("profile");
    (temp, path)
}

fn create(path: &Path) -> ProfileFolder {
    let folder = ProfileFolder::hold(path).unwrap();
    let new = folder.create("six words", KdfCost::Floor).unwrap();
    drop(folder.profile_store(&new.keys).unwrap());
    folder.finish(&new).unwrap();
    folder
}

#[test]
fn a_profile_opens_with_its_passphrase_only() {
    let (_temp, path) = folder();
    assert_eq!(state(&path), ProfileState::Absent);
    let folder = create(&path);
    assert_eq!(state(&path), ProfileState::Locked);
    assert!(matches!(
        folder.create("again", KdfCost::Floor),
        Err(NodeError::Exists)
    ));
    assert!(matches!(
        folder.unlock("five words"),
        Err(NodeError::WrongPassphrase)
    ));
    let keys = folder.unlock("six words").unwrap();
    drop(folder.profile_store(&keys).unwrap());
    folder.relay_store().unwrap();
}

#[test]
fn one_holder_at_a_time_and_the_other_is_told_who() {
    let (_temp, path) = folder();
    let held = ProfileFolder::hold(&path).unwrap();
    match ProfileFolder::hold(&path) {
        Err(NodeError::InUse { holder }) => {
            assert_eq!(holder, format!("process {}", std::process::id()));
        }
        other => panic!("{other:?}"),
    }
    drop(held);
    assert!(ProfileFolder::hold(&path).is_ok());
}

const HOLD: &str = "PROFILE_TEST_HOLD";

/// Starts this test a second time as another process, which holds the folder and
/// then waits for its input to end.
#[test]
fn another_process_is_named_and_what_it_leaves_when_killed_is_no_obstacle() {
    use std::io::{BufRead as _, BufReader};
    use std::process::{Command, Stdio};

    if let Some(path) = std::env::var_os(HOLD) {
        let _held = ProfileFolder::hold(Path::new(&path)).unwrap();
        let mut out = std::io::stdout().lock();
        out.write_all(b"\nheld\n").unwrap();
        out.flush().unwrap();
        std::io::stdin().read_line(&mut String::new()).unwrap();
        return;
    }
    let (_temp, path) = folder();
    let name = "another_process_is_named_and_what_it_leaves_when_killed_is_no_obstacle";
    let mut other = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("node::profile::tests::{name}")])
        .arg("--nocapture")
        .env(HOLD, &path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(other.stdout.take().unwrap()).lines();
    let held = lines.any(|line| line.unwrap() == "held");
    let refused = ProfileFolder::hold(&path);
    let erased = wipe::erase(&path);
    other.kill().unwrap();
    other.wait().unwrap();

    assert!(held);
    for result in [refused.map(drop), erased] {
        match result {
            Err(NodeError::InUse { holder }) => {
                assert_eq!(holder, format!("process {}", other.id()));
            }
            other => panic!("{other:?}"),
        }
    }
    let stale = fs::read_to_string(path.join(LOCK)).unwrap();
    assert_eq!(stale, other.id().to_string());
    assert!(ProfileFolder::hold(&path).is_ok());
}

#[test]
fn one_torn_keybag_copy_still_opens_and_two_do_not() {
    let (_temp, path) = folder();
    let folder = create(&path);
    let keybag = path.join(vault::KEYBAG);
    let mut bytes = fs::read(&keybag).unwrap();
    bytes[100] ^= 1;
    fs::write(&keybag, &bytes).unwrap();
    assert!(folder.unlock("six words").is_ok());
    bytes[SEALED + 100] ^= 1;
    fs::write(&keybag, &bytes).unwrap();
    assert!(matches!(
        folder.unlock("six words"),
        Err(NodeError::Unreadable { .. })
    ));
}

const SEALED: usize = crate::crypto::vault::SEALED_BYTES;

#[test]
fn half_made_profiles_count_as_absent_and_are_made_anew() {
    let (_temp, path) = folder();
    let folder = create(&path);
    fs::remove_file(path.join(vault::VAULT)).unwrap();
    fs::write(path.join("profile.db"), b"left over").unwrap();
    assert_eq!(state(&path), ProfileState::Absent);
    let new = folder.create("other words", KdfCost::Floor).unwrap();
    folder.profile_store(&new.keys).unwrap();
    assert_eq!(state(&path), ProfileState::Absent, "not finished yet");
    // Nothing was destroyed: the vault may yet come back from a backup.
    assert_eq!(
        fs::read(path.join("profile.db.aside")).unwrap(),
        b"left over"
    );
    assert!(path.join("keybag.aside").exists());
    drop(folder);
    wipe::erase(&path).unwrap();
    assert!(!path.join("profile.db.aside").exists() && !path.join("keybag.aside").exists());
}

#[test]
fn a_damaged_vault_and_a_file_in_the_way_are_said() {
    let (_temp, path) = folder();
    fs::write(&path, b"").unwrap();
    assert!(matches!(state(&path), ProfileState::Unreadable(_)));
    assert!(matches!(
        ProfileFolder::hold(&path),
        Err(NodeError::Unreadable { .. })
    ));
    fs::remove_file(&path).unwrap();
    let folder = create(&path);
    fs::write(path.join(vault::VAULT), [0; 4_095]).unwrap();
    assert!(matches!(
        folder.unlock("six words"),
        Err(NodeError::Unreadable { .. })
    ));
}

/// Damages one byte of a relay database at this place in the file.
fn damage_relay_database(folder: &ProfileFolder, place: impl Fn(usize) -> usize) {
    drop(folder.relay_store().unwrap());
    let name = folder.path.join(RELAY_DB);
    let mut bytes = fs::read(&name).unwrap();
    let place = place(bytes.len());
    bytes[place] ^= 1;
    fs::write(&name, &bytes).unwrap();
    folder.relay_store().unwrap();
    let aside = fs::read(folder.path.join("relay.db.damaged")).unwrap();
    assert!(aside == bytes);
    drop(folder.relay_store().unwrap());
    assert!(fs::read(&name).unwrap() != bytes);
}

#[test]
fn a_damaged_relay_database_is_put_aside_wherever_the_damage_is() {
    let (_temp, path) = folder();
    let folder = ProfileFolder::hold(&path).unwrap();
    damage_relay_database(&folder, |_| 100);
    damage_relay_database(&folder, |length| length - 100);
}

#[test]
fn relay_key_is_kept_and_one_that_is_torn_begins_anew() {
    let (_temp, path) = folder();
    let folder = ProfileFolder::hold(&path).unwrap();
    drop(folder.relay_store().unwrap());
    let key = fs::read(path.join(RELAY_KEY)).unwrap();
    drop(folder.relay_store().unwrap());
    assert_eq!(fs::read(path.join(RELAY_KEY)).unwrap(), key);
    fs::write(path.join(RELAY_KEY), &key[..31]).unwrap();
    drop(folder.relay_store().unwrap());
    assert_eq!(fs::read(path.join(RELAY_KEY)).unwrap().len(), 32);
}

#[test]
fn a_relay_key_that_cannot_be_read_costs_no_envelopes() {
    let (_temp, path) = folder();
    let folder = ProfileFolder::hold(&path).unwrap();
    drop(folder.relay_store().unwrap());
    let database = fs::read(path.join(RELAY_DB)).unwrap();
    // A folder in its place: readable for no one, not even for root.
    fs::remove_file(path.join(RELAY_KEY)).unwrap();
    fs::create_dir(path.join(RELAY_KEY)).unwrap();
    assert!(matches!(
        folder.relay_store().map(drop),
        Err(NodeError::Unreadable { .. })
    ));
    assert!(fs::read(path.join(RELAY_DB)).unwrap() == database);
}

#[test]
fn a_lost_or_damaged_profile_database_without_a_copy_is_said_and_not_replaced() {
    let (_temp, path) = folder();
    let folder = create(&path);
    let keys = folder.unlock("six words").unwrap();
    let name = path.join(PROFILE_DB);
    for damaged in [&b""[..], &[0x5a; 8_192]] {
        fs::write(&name, damaged).unwrap();
        match restore::open(&folder, &keys, Check::AtStart).map(drop) {
            Err(NodeError::Unreadable { reason, .. }) => {
                assert!(reason.starts_with("profile.db is"), "{reason}");
            }
            other => panic!("{other:?}"),
        }
        assert!(fs::read(&name).unwrap() == damaged);
    }
    fs::remove_file(&name).unwrap();
    assert!(restore::open(&folder, &keys, Check::AtStart).is_err());
    assert!(!name.exists());
}

#[test]
fn erasing_leaves_only_what_is_not_ours() {
    let (_temp, path) = folder();
    let folder = create(&path);
    folder.relay_store().unwrap();
    let keys = folder.unlock("six words").unwrap();
    folder.profile_store(&keys).unwrap();
    fs::write(path.join("holiday.jpg"), b"not ours").unwrap();
    for left_by_a_crash in [
        "vault.new",
        "relay.key.new",
        "relay.db.damaged",
        "people.sealed.new",
        "profile.db.damaged",
        "profile.db.damaged-wal",
        "profile.db.new",
    ] {
        fs::write(path.join(left_by_a_crash), b"ours").unwrap();
    }
    assert!(matches!(wipe::erase(&path), Err(NodeError::InUse { .. })));
    drop(folder);
    wipe::erase(&path).unwrap();
    let mut left: Vec<_> = fs::read_dir(&path)
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    left.sort();
    assert_eq!(left, ["holiday.jpg", "lock"]);
    assert_eq!(state(&path), ProfileState::Absent);
}

#[cfg(unix)]
#[test]
fn nobody_else_may_read_what_is_written() {
    use std::os::unix::fs::PermissionsExt as _;
    let (_temp, path) = folder();
    let folder = create(&path);
    folder.relay_store().unwrap();
    for entry in fs::read_dir(&path).unwrap() {
        let mode = entry.unwrap().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{mode:o}");
    }
}

#[test]
fn a_folder_of_other_files_is_refused_and_nothing_is_left_in_it() {
    let (_temp, path) = folder();
    fs::create_dir(&path).unwrap();
    fs::write(path.join("holiday.jpg"), b"not ours").unwrap();
    let is_refused = |result: Result<(), NodeError>| match result {
        Err(NodeError::Unreadable { reason, .. }) => reason == folder::FOREIGN,
        _ => false,
    };
    for lock in [None, Some(&b"held by hand"[..])] {
        if let Some(lock) = lock {
            fs::write(path.join(LOCK), lock).unwrap();
        }
        let before = fs::read_dir(&path).unwrap().count();
        assert_eq!(
            state(&path),
            ProfileState::Unreadable(folder::FOREIGN.into())
        );
        assert!(is_refused(ProfileFolder::hold(&path).map(drop)));
        assert!(is_refused(check(&path)));
        assert!(is_refused(wipe::erase(&path)));
        assert_eq!(fs::read_dir(&path).unwrap().count(), before);
    }
}

#[test]
fn an_empty_folder_and_traces_of_a_profile_are_not_foreign() {
    let (_temp, path) = folder();
    fs::create_dir(&path).unwrap();
    assert_eq!(state(&path), ProfileState::Absent);
    for trace in [
        "vault.new",
        "keybag",
        "people.sealed",
        "relay.key",
        "relay.db-wal",
        "profile.db.aside",
        LOCK,
    ] {
        fs::write(path.join("holiday.jpg"), b"not ours").unwrap();
        fs::write(path.join(trace), b"").unwrap();
        assert_eq!(state(&path), ProfileState::Absent, "{trace}");
        assert!(check(&path).is_ok(), "{trace}");
        fs::remove_file(path.join(trace)).unwrap();
    }
}

#[test]
fn check_says_who_holds_a_profile_and_creates_nothing() {
    let (_temp, path) = folder();
    check(&path).unwrap();
    assert!(!path.exists());
    let held = create(&path);
    match check(&path) {
        Err(NodeError::InUse { holder }) => {
            assert_eq!(holder, format!("process {}", std::process::id()));
        }
        other => panic!("{other:?}"),
    }
    drop(held);
    check(&path).unwrap();
    fs::write(path.join(vault::VAULT), b"no vault").unwrap();
    assert!(matches!(check(&path), Err(NodeError::Unreadable { .. })));
}

#[cfg(unix)]
#[test]
fn a_folder_that_others_could_look_into_is_closed_to_them() {
    use std::os::unix::fs::PermissionsExt as _;
    let (_temp, path) = folder();
    fs::create_dir(&path).unwrap();
    for mode in [0o755, 0o750, 0o701, 0o777] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        drop(ProfileFolder::hold(&path).unwrap());
        let now = fs::metadata(&path).unwrap().permissions().mode() & 0o7777;
        assert_eq!(now, 0o700, "{mode:o}");
    }
}
