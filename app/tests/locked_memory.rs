//! What a locked process still has in memory: no text, no name, no passphrase, no key.
//! Row D02 of the attacks, for everything but a drawn window.

#![cfg(target_os = "linux")]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test fails by panicking, and clippy knows only functions marked #[test]"
)]

mod driver;

use std::io::{Read as _, Seek as _, SeekFrom};

use driver::{Home, PASSPHRASE, Process, conversation};
use serde_json::json;

const NAME: &str = "Kanariengilda";

/// Each stands in a text of its own, and nowhere in the program.
fn canary(number: u32) -> String {
    format!("kanarienvogel-{number:04}-voliere")
}

/// The memory of a process, area by area; `None` where the system forbids to read it.
fn memory(pid: u32) -> Option<Vec<(String, Vec<u8>)>> {
    let maps = std::fs::read_to_string(format!("/proc/{pid}/maps")).ok()?;
    let mut memory = std::fs::File::open(format!("/proc/{pid}/mem")).ok()?;
    let mut areas = Vec::new();
    for line in maps.lines().filter(|line| line.contains(" rw")) {
        let (from, to) = line.split_once(' ')?.0.split_once('-')?;
        let from = u64::from_str_radix(from, 16).ok()?;
        let to = u64::from_str_radix(to, 16).ok()?;
        let mut bytes = vec![0; usize::try_from(to - from).ok()?];
        memory.seek(SeekFrom::Start(from)).ok()?;
        // Areas of the kernel are listed and not readable.
        if memory.read_exact(&mut bytes).is_ok() {
            areas.push((line.to_owned(), bytes));
        }
    }
    Some(areas)
}

/// Every file of a profile in use, its logs among them.
fn files(folder: &std::path::Path) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(folder)
        .unwrap()
        .map(|it| it.unwrap().path());
    let file =
        |path: std::path::PathBuf| (path.display().to_string(), std::fs::read(path).unwrap());
    entries.map(file).collect()
}

/// Which of the words stand in memory, and where.
fn found(areas: &[(String, Vec<u8>)], words: &[Vec<u8>]) -> Vec<String> {
    let mut found = Vec::new();
    for (area, bytes) in areas {
        for word in words {
            let first = word[0];
            let mut at = 0;
            while let Some(step) = bytes[at..].iter().position(|byte| *byte == first) {
                at += step;
                if bytes[at..].starts_with(word) {
                    let around = &bytes[at.saturating_sub(60)..bytes.len().min(at + 80)];
                    let shown = String::from_utf8_lossy(around).replace(char::is_control, ".");
                    found.push(format!(
                        "{} in {area}: {shown}",
                        String::from_utf8_lossy(word)
                    ));
                }
                at += 1;
            }
        }
    }
    found
}

#[test]
fn a_locked_process_has_no_text_name_or_passphrase_in_memory() {
    const TEXTS: u32 = 40;
    let home = Home::new();
    let mut process: Process = home.headless("ana", &["--no-mdns"]);
    process.ready();
    // Not the name of the folder and the arguments.
    process.call("profile.rename", json!({"name": NAME}));
    let here = conversation(&process.call("channels.join", json!({"name": "nearby"})));
    for number in 0..TEXTS {
        process.send(&here, &canary(number));
    }
    process.call("messages.list", json!({"conversation": here, "limit": 200}));
    let mut words: Vec<Vec<u8>> = (0..TEXTS)
        .map(|number| canary(number).into_bytes())
        .collect();
    words.push(PASSPHRASE.as_bytes().to_vec());
    words.push(NAME.as_bytes().to_vec());
    let on_disk = files(&home.profile("ana"));
    assert!(on_disk.len() > 4, "the profile is there");
    assert_eq!(
        found(&on_disk, &words),
        Vec::<String>::new(),
        "in clear on the disk"
    );
    let Some(open) = memory(process.id()) else {
        println!("skipped: the memory of another process cannot be read here");
        return;
    };
    assert!(
        found(&open, &words[..1]).len() + found(&open, &words[1..2]).len() > 0,
        "an open profile shows its texts: else this looks in the wrong place"
    );
    process.call("node.lock", json!({}));
    // Calls pass through buffers: what was typed last is overwritten by what comes next.
    for _ in 0..20 {
        process.request("conversations.list", json!({}));
        process.call("status", json!({}));
    }
    let locked = memory(process.id()).unwrap();
    let left = found(&locked, &words);
    assert!(left.is_empty(), "{} left:\n{}", left.len(), left.join("\n"));
    process.kill();
    let left = found(&files(&home.profile("ana")), &words);
    assert!(left.is_empty(), "after a crash:\n{}", left.join("\n"));
}
