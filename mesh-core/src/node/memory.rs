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
        text: "This computer may write parts of its memory to the disk in clear (swap), \
               messages and keys among them. Encrypt the swap, or switch it off."
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
    places.any(|place| is_in_clear(place, &System))
}

#[cfg(not(target_os = "linux"))]
fn swaps_in_clear() -> bool {
    false
}

/// What the system says of its block devices, by their names under `/sys/class/block`.
#[cfg(target_os = "linux")]
trait Devices {
    /// The device of a swap: itself, or the one that its file lies on.
    fn behind(&self, place: &str) -> Option<String>;
    /// What device-mapper calls it, if it made it.
    fn mapping(&self, device: &str) -> Option<String>;
    /// What it is made of.
    fn slaves(&self, device: &str) -> Vec<String>;
}

/// Compressed memory never reaches a disk, and what device-mapper encrypts says so in its
/// name, be it under a volume that is none itself.
#[cfg(target_os = "linux")]
fn is_in_clear(place: &str, devices: &dyn Devices) -> bool {
    let Some(mut device) = devices.behind(place) else {
        return true;
    };
    // Volumes on volumes: more than a few have nobody.
    for _ in 0..8 {
        let mapping = devices.mapping(&device).unwrap_or_default();
        if device.starts_with("zram") || mapping.starts_with("CRYPT-") {
            return false;
        }
        match devices.slaves(&device).as_slice() {
            [only] => device.clone_from(only),
            _ => return true,
        }
    }
    true
}

#[cfg(target_os = "linux")]
struct System;

#[cfg(target_os = "linux")]
impl Devices for System {
    fn behind(&self, place: &str) -> Option<String> {
        let named = |path: &std::path::Path| {
            let real = std::fs::canonicalize(path).ok()?;
            Some(real.file_name()?.to_str()?.to_owned())
        };
        if place.starts_with("/dev/") {
            return named(place.as_ref());
        }
        let dev = rustix::fs::stat(place).ok()?.st_dev;
        let (major, minor) = (rustix::fs::major(dev), rustix::fs::minor(dev));
        named(format!("/sys/dev/block/{major}:{minor}").as_ref())
    }

    fn mapping(&self, device: &str) -> Option<String> {
        std::fs::read_to_string(format!("/sys/class/block/{device}/dm/uuid")).ok()
    }

    fn slaves(&self, device: &str) -> Vec<String> {
        let slaves = std::fs::read_dir(format!("/sys/class/block/{device}/slaves"));
        let slaves = slaves.into_iter().flatten().flatten();
        slaves
            .filter_map(|slave| slave.file_name().into_string().ok())
            .collect()
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    /// A laptop: `dm-0` is LUKS on `sda3`, `dm-1` and `dm-2` volumes on it, `dm-9` one on
    /// two bare disks.
    struct Laptop;

    impl Devices for Laptop {
        fn behind(&self, place: &str) -> Option<String> {
            match place {
                "/swap.img" => Some("dm-1".to_owned()),
                place => place.strip_prefix("/dev/").map(str::to_owned),
            }
        }

        fn mapping(&self, device: &str) -> Option<String> {
            let uuid = match device {
                "dm-0" => "CRYPT-LUKS2-sda3",
                "dm-1" | "dm-2" | "dm-9" => "LVM-abc",
                "dm-4" => "CRYPT-PLAIN-swap",
                _ => return None,
            };
            Some(uuid.to_owned())
        }

        fn slaves(&self, device: &str) -> Vec<String> {
            let slaves: &[&str] = match device {
                "dm-1" | "dm-2" => &["dm-0"],
                "dm-0" | "dm-4" => &["sda3"],
                "dm-9" => &["sdb", "sdc"],
                _ => &[],
            };
            slaves.iter().map(|slave| (*slave).to_owned()).collect()
        }
    }

    #[test]
    fn encrypted_and_compressed_swap_is_no_news() {
        for (place, in_clear) in [
            ("/dev/zram0", false),
            ("/dev/dm-4", false),
            ("/dev/dm-2", false),
            ("/swap.img", false),
            ("/dev/dm-9", true),
            ("/dev/sda2", true),
            ("nowhere", true),
        ] {
            assert_eq!(is_in_clear(place, &Laptop), in_clear, "{place}");
        }
        assert!(is_in_clear("/no/such/file", &System));
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
