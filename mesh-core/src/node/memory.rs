//! What of this process's memory could reach a disk or another process.

use crate::api::Notice;

/// No core dumps, and no debugger or memory reader of the same account. A system that
/// refuses is left as it is: there is nothing else to do about it.
#[cfg(target_os = "linux")]
pub(super) fn protect() {
    use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    if setrlimit(Resource::Core, none).is_err() {
        tracing::warn!("core dumps cannot be switched off");
    }
    if set_dumpable_behavior(DumpableBehavior::NotDumpable).is_err() {
        tracing::warn!("memory cannot be closed to other processes");
    }
}

/// Elsewhere nothing of that kind is done yet.
#[cfg(not(target_os = "linux"))]
pub(super) fn protect() {}

/// What the person should know of this machine.
pub(super) fn notices() -> Vec<Notice> {
    let swap = swaps_in_clear().then(|| Notice {
        code: "swap",
        text: "This computer writes parts of its memory to the disk in clear (swap), messages \
               and keys among them. Encrypt the swap, or switch it off."
            .to_owned(),
    });
    swap.into_iter().collect()
}

/// Whether memory is swapped to a disk, and not encrypted on the way.
#[cfg(target_os = "linux")]
fn swaps_in_clear() -> bool {
    let swaps = std::fs::read_to_string("/proc/swaps").unwrap_or_default();
    let mut places = swaps
        .lines()
        .skip(1)
        .filter_map(|line| line.split(' ').next());
    places.any(|place| is_in_clear(place, &mapping_of))
}

#[cfg(not(target_os = "linux"))]
fn swaps_in_clear() -> bool {
    false
}

/// One line of the table of swaps: compressed memory never reaches a disk, and what
/// device-mapper encrypts says so in its name. A swap file is as good as the disk under
/// it, which is not looked at: it counts as clear.
#[cfg(target_os = "linux")]
fn is_in_clear(place: &str, mapping: &dyn Fn(&str) -> Option<String>) -> bool {
    let Some(device) = place.strip_prefix("/dev/") else {
        return true;
    };
    if device.starts_with("zram") {
        return false;
    }
    !mapping(device).is_some_and(|uuid| uuid.starts_with("CRYPT-"))
}

/// What device-mapper calls a device, if it made it.
#[cfg(target_os = "linux")]
fn mapping_of(device: &str) -> Option<String> {
    let real = std::fs::canonicalize(std::path::Path::new("/dev").join(device)).ok()?;
    let name = real.file_name()?.to_str()?;
    std::fs::read_to_string(format!("/sys/block/{name}/dm/uuid")).ok()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn encrypted_and_compressed_swap_is_no_news() {
        let mapping = |device: &str| match device {
            "dm-1" => Some("CRYPT-PLAIN-swap".to_owned()),
            "dm-2" => Some("LVM-abc".to_owned()),
            _ => None,
        };
        for (place, in_clear) in [
            ("/dev/zram0", false),
            ("/dev/dm-1", false),
            ("/dev/dm-2", true),
            ("/dev/sda2", true),
            ("/swap.img", true),
        ] {
            assert_eq!(is_in_clear(place, &mapping), in_clear, "{place}");
        }
    }

    const PROTECT: &str = "MEMORY_TEST_PROTECT";

    /// In another process: a test runner that cannot be debugged helps nobody.
    #[test]
    fn a_protected_process_has_no_core_and_closes_its_memory() {
        if std::env::var_os(PROTECT).is_some() {
            protect();
            let limits = std::fs::read_to_string("/proc/self/limits").unwrap();
            let core = limits
                .lines()
                .find(|line| line.starts_with("Max core file size"));
            let fields: Vec<&str> = core.unwrap().split_whitespace().collect();
            assert_eq!(fields[4..6], ["0", "0"]);
            let dumpable = rustix::process::dumpable_behavior().unwrap();
            assert_eq!(dumpable, rustix::process::DumpableBehavior::NotDumpable);
            return;
        }
        let name = "node::memory::tests::a_protected_process_has_no_core_and_closes_its_memory";
        let status = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", name])
            .env(PROTECT, "1")
            .stdout(std::process::Stdio::null())
            .status()
            .unwrap();
        assert!(status.success());
    }
}
