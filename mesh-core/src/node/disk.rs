//! How much room the disk of the profile has left.

use std::path::PathBuf;

use crate::limits::DISK_LOOK_MS;
use crate::types::Mono;

/// Looks at the disk now and then.
#[derive(Debug)]
pub(super) struct DiskWatch {
    folder: PathBuf,
    look_at: Mono,
}

impl DiskWatch {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            look_at: Mono(0),
        }
    }

    /// Bytes that are free for us, if it is time to look and the system tells.
    pub(super) fn look(&mut self, now: Mono) -> Option<u64> {
        if now < self.look_at {
            return None;
        }
        self.look_at = now.plus_ms(DISK_LOOK_MS);
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
