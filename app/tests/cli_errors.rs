//! Whatever cannot work ends with exit code 2 and one line that says why, and
//! leaves nothing behind.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test fails by panicking, and clippy knows only functions marked #[test]"
)]

mod driver;

use driver::{Home, finish, is_empty, starling};

/// Standard error of a run that must end with 2: one line, nothing on standard output.
fn refused(arguments: &[&str]) -> String {
    let mut command = starling();
    command.args(arguments);
    let (code, output, errors) = finish(command);
    assert_eq!(code, Some(2), "{arguments:?}: {errors}");
    assert_eq!(output, "", "{arguments:?}");
    assert_eq!(errors.lines().count(), 1, "{arguments:?}: {errors}");
    assert!(errors.starts_with("starling: "), "{errors}");
    errors
}

#[test]
fn bad_arguments_are_named_in_one_line() {
    for (arguments, part) in [
        (&["--bogus"][..], "--bogus"),
        (&["headles"], "headles"),
        (&["headless"], "--passphrase-file"),
        (&["relay"], "--profile"),
        (
            &["relay", "--profile", "p", "--listen", "localhost:1"],
            "host names",
        ),
        (&["relay", "--profile", "p", "--dial", "10.0.0.1"], "port"),
        (&["relay", "--profile", "p", "--log", "loud"], "loud"),
    ] {
        let errors = refused(arguments);
        assert!(errors.contains(part), "{arguments:?}: {errors}");
    }
}

#[test]
fn missing_passphrase_file_is_named_and_creates_no_profile() {
    let home = Home::new();
    let profile = home.profile("ana");
    let errors = refused(&[
        "headless",
        "--profile",
        profile.to_str().unwrap(),
        "--passphrase-file",
        home.profile("absent").to_str().unwrap(),
    ]);
    assert!(errors.contains("absent"), "{errors}");
    assert!(is_empty(&profile));
}

#[test]
fn empty_passphrase_is_refused_before_a_profile_is_made() {
    let home = Home::new();
    let profile = home.profile("ana");
    let file = home.file("empty", "\nsecond line\n");
    let errors = refused(&[
        "headless",
        "--profile",
        profile.to_str().unwrap(),
        "--passphrase-file",
        file.to_str().unwrap(),
        "--name",
        "ana",
    ]);
    assert!(errors.contains("empty"), "{errors}");
    assert!(is_empty(&profile));
}

#[test]
fn file_in_place_of_the_profile_folder_is_unreadable() {
    let home = Home::new();
    let profile = home.file("ana", "not a folder");
    let errors = refused(&[
        "headless",
        "--profile",
        profile.to_str().unwrap(),
        "--passphrase-file",
        home.file("words", "one two three four five six")
            .to_str()
            .unwrap(),
        "--name",
        "ana",
        "--kdf",
        "floor",
        "--listen",
        "127.0.0.1:0",
    ]);
    assert!(errors.contains("cannot be used"), "{errors}");
}

#[test]
fn wrong_passphrase_is_said() {
    let home = Home::new();
    let mut ana = home.headless("ana", &["--no-mdns"]);
    ana.ready();
    assert!(ana.end_input().success());

    let errors = refused(&[
        "headless",
        "--profile",
        home.profile("ana").to_str().unwrap(),
        "--passphrase-file",
        home.file("other", "another passphrase").to_str().unwrap(),
        "--listen",
        "127.0.0.1:0",
        "--no-mdns",
    ]);
    assert!(errors.contains("passphrase"), "{errors}");
}

#[test]
fn second_start_of_a_profile_says_that_it_is_in_use() {
    let home = Home::new();
    let mut ana = home.headless("ana", &["--no-mdns"]);
    ana.ready();

    let errors = refused(&[
        "headless",
        "--profile",
        home.profile("ana").to_str().unwrap(),
        "--passphrase-file",
        home.file("same", driver::PASSPHRASE).to_str().unwrap(),
        "--listen",
        "127.0.0.1:0",
        "--no-mdns",
    ]);
    assert!(errors.contains("in use"), "{errors}");
    assert!(ana.end_input().success());
}

/// The window asked for the passphrase first and said it only then.
#[test]
fn window_on_a_profile_in_use_ends_before_it_opens() {
    let home = Home::new();
    let mut ana = home.headless("ana", &["--no-mdns"]);
    ana.ready();
    let errors = refused(&["--profile", home.profile("ana").to_str().unwrap()]);
    assert!(errors.contains("in use by process"), "{errors}");
    assert!(ana.end_input().success());
}

#[test]
fn window_without_a_desktop_or_its_libraries_says_which() {
    let home = Home::new();
    let profile = home.profile("ana");
    for (display, part) in [
        (None, "There is no desktop"),
        // Nobody listens there.
        (Some(":65123"), "The desktop cannot be reached"),
    ] {
        let mut command = starling();
        command.arg("--profile").arg(&profile);
        if let Some(display) = display {
            command.env("DISPLAY", display);
        }
        let (code, output, errors) = finish(command);
        assert_eq!((code, output.as_str()), (Some(1), ""), "{errors}");
        assert_eq!(errors.lines().count(), 1, "{errors}");
        assert!(errors.contains(part), "{errors}");
        assert!(errors.contains("starling headless"), "{errors}");
    }
    assert!(is_empty(&profile));
}

#[test]
fn window_on_what_is_no_profile_ends_before_it_opens() {
    let home = Home::new();
    let file = home.file("file", "not a folder");
    let damaged = home.profile("damaged");
    std::fs::create_dir(&damaged).unwrap();
    std::fs::write(damaged.join("vault"), "no vault").unwrap();
    let foreign = home.profile("foreign");
    std::fs::create_dir(&foreign).unwrap();
    std::fs::write(foreign.join("holiday.jpg"), "not ours").unwrap();
    for (profile, part) in [
        (file, "it is not a folder"),
        (damaged, "its vault is damaged"),
        (foreign, "it holds other files and no profile of Starling"),
    ] {
        let errors = refused(&["--profile", profile.to_str().unwrap()]);
        assert!(errors.contains(part), "{errors}");
    }
}

#[test]
fn folder_of_other_files_is_refused_by_every_mode_and_left_alone() {
    let home = Home::new();
    let foreign = home.profile("foreign");
    std::fs::create_dir(&foreign).unwrap();
    std::fs::write(foreign.join("holiday.jpg"), "not ours").unwrap();
    let words = home.file("words", driver::PASSPHRASE);
    let (profile, words) = (foreign.to_str().unwrap(), words.to_str().unwrap());
    let headless = ["headless", "--passphrase-file", words];
    for mode in [&headless[..], &["relay"]] {
        let errors = refused(&[mode, &["--profile", profile, "--no-mdns"]].concat());
        assert!(errors.contains("holds other files"), "{errors}");
    }
    assert_eq!(std::fs::read_dir(&foreign).unwrap().count(), 1);
}

#[test]
fn version_and_help_go_to_standard_output_with_code_zero() {
    for (argument, part) in [("--version", "starling 0."), ("help", "headless")] {
        let mut command = starling();
        command.arg(argument);
        let (code, output, errors) = finish(command);
        assert_eq!(code, Some(0), "{argument}");
        assert!(output.contains(part), "{argument}: {output}");
        assert_eq!(errors, "", "{argument}");
    }
}

#[test]
fn a_wipe_takes_the_profile_and_nothing_else_in_its_way() {
    let home = Home::new();
    let missing = home.profile("nobody");
    let errors = refused(&["wipe", "--profile", missing.to_str().unwrap()]);
    assert!(errors.contains("no profile"), "{errors}");
    let errors = refused(&["wipe"]);
    assert!(errors.contains("--profile"), "{errors}");

    let folder = home.profile("relay");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("vault"), [7; 4_096]).unwrap();
    std::fs::write(folder.join("profile.db"), [7; 8_192]).unwrap();
    std::fs::write(folder.join("notes.txt"), "mine").unwrap();
    let mut command = starling();
    command.args(["wipe", "--profile", folder.to_str().unwrap()]);
    let (code, output, errors) = finish(command);
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    assert!(output.starts_with("Wiped: "), "{output}");
    let mut left: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    left.sort();
    assert_eq!(left, ["lock", "notes.txt"]);
}
