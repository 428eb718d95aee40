//! Tests of the profile folder, on real files.

use super::*;

fn folder() -> (tempfile::TempDir, PathBuf) {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("profile");
    (temp, path)
}

fn create(path: &Path) -> ProfileFolder {
    let folder = ProfileFolder::hold(path).unwrap();
    let new = folder.create("six words", KdfCost::Floor).unwrap();
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

#[test]
fn a_damaged_relay_database_is_put_aside() {
    let (_temp, path) = folder();
    let folder = ProfileFolder::hold(&path).unwrap();
    drop(folder.relay_store().unwrap());
    fs::write(path.join(RELAY_DB), [0x5a; 8_192]).unwrap();
    folder.relay_store().unwrap();
    assert!(path.join("relay.db.damaged").exists());
}

#[test]
fn erasing_leaves_only_what_is_not_ours() {
    let (_temp, path) = folder();
    let folder = create(&path);
    folder.relay_store().unwrap();
    let keys = folder.unlock("six words").unwrap();
    folder.profile_store(&keys).unwrap();
    fs::write(path.join("holiday.jpg"), b"not ours").unwrap();
    assert!(matches!(erase(&path), Err(NodeError::InUse { .. })));
    drop(folder);
    erase(&path).unwrap();
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
