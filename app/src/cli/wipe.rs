//! `starling wipe`: destroys a profile and asks nothing, because there may be no time.

use std::io::Write as _;
use std::path::Path;

use mesh_core::node::{Node, NodeError};

use super::failure::Failure;

const GONE: &str = "Wiped: nothing opens this profile any more.";
const STILL_OPEN: &str = "Wiped on the disk: nothing opens this profile any more. A Starling that \
                          has it open still has it in memory and ends within a minute: end it now.";

/// Destroys the keys of a profile whoever holds it, then its files.
pub(crate) fn run(profile: &Path) -> Result<(), Failure> {
    // A wrong path must not sound like a profile that is gone.
    if !profile.is_dir() {
        return Err(NodeError::Absent.into());
    }
    let said = match Node::wipe(profile) {
        Ok(()) => GONE,
        Err(NodeError::InUse { .. }) => STILL_OPEN,
        Err(error) => return Err(error.into()),
    };
    // It is done, whether or not somebody reads this.
    let _ = writeln!(std::io::stdout(), "{said}");
    Ok(())
}
