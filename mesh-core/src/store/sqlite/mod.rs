//! Both stores in SQLCipher files.
//!
//! SQLCipher, and not sealed values in a plain database: it hides whole pages,
//! so that neither the number of conversations nor the shape of a row shows.
//! Not redb or sled: neither encrypts pages.
//!
//! One connection for each file, held alone (`locking_mode = EXCLUSIVE`): one
//! thread owns the engine, one process the profile, and no shared-memory file
//! is left lying about.

mod bounds;
mod columns;
mod db;
mod groups;
mod marks;
mod open;
mod people;
mod profile;
mod relay;
mod rows;

pub use profile::SqliteProfile;
pub use relay::SqliteRelay;
