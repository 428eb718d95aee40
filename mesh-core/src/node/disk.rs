//! What happens to the profile's folder from outside: how much room its disk has left,
//! and whether somebody began to wipe it.

use std::path::PathBuf;

use crate::limits::DISK_LOOK_MS;
use crate::types::Mono;

use super::wipe;

/// Looks at the disk now and then.
#[derive(Debug)]
pub(super) struct DiskWatch {
    folder: PathBuf,
    look_at: Mono,
    is_wiped: bool,
}

impl DiskWatch {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            look_at: Mono(0),
            is_wiped: false,
        }
    }

    /// Whether the last look found a wipe that was begun.
    pub(super) fn is_wiped(&self) -> bool {
        self.is_wiped
    }

    /// Bytes that are free for us, if it is time to look and the system tells.
    pub(super) fn look(&mut self, now: Mono) -> Option<u64> {
        if now < self.look_at {
            return None;
        }
        self.look_at = now.plus_ms(DISK_LOOK_MS);
        self.is_wiped = wipe::is_begun(&self.folder);
        free_bytes(&self.folder)
    }
}

#[cfg(unix)]
fn free_bytes(folder: &std::path::Path) -> Option<u64> {
    let stat = rustix::fs::statvfs(folder).ok()?;
    Some(stat.f_bavail.saturating_mul(stat.f_frsize))
}

/// Elsewhere nothing tells, and the store keeps to its own bound.
#[cfg(not(unix))]
fn free_bytes(_: &std::path::Path) -> Option<u64> {
    None
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn the_disk_is_looked_at_now_and_then() {
        let folder = tempfile::tempdir().unwrap();
        let mut watch = DiskWatch::new(folder.path().to_owned());
        assert!(watch.look(Mono(0)).is_some_and(|bytes| bytes > 0));
        assert_eq!(watch.look(Mono(DISK_LOOK_MS - 1)), None);
        assert!(watch.look(Mono(DISK_LOOK_MS)).is_some());
        let mut nowhere = DiskWatch::new(folder.path().join("missing"));
        assert_eq!(nowhere.look(Mono(0)), None);
    }
}
