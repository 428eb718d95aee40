//! Addresses among the arguments: read as everywhere (`mesh_core::api`), and a
//! complaint about one is a clause of the line that clap makes of it.

use std::net::SocketAddr;

use mesh_core::api::{self, AddressError};

/// Reads an address to listen on; port 0 lets the system choose.
pub(crate) fn parse_listen(text: &str) -> Result<SocketAddr, String> {
    api::parse_listen(text).map_err(clause)
}

/// Reads an address to call.
pub(crate) fn parse_dial(text: &str) -> Result<SocketAddr, String> {
    api::parse_dial(text).map_err(clause)
}

/// The sentence without its capital and its full stop.
fn clause(error: AddressError) -> String {
    let sentence = error.to_string();
    let mut letters = sentence.trim_end_matches('.').chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(letters).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complaint_is_a_clause() {
        assert_eq!(
            parse_dial("10.0.0.1:0"),
            Err("port 0 cannot be called: it only means \"any\" when listening".to_owned())
        );
        assert!(parse_listen("10.0.0.1:0").is_ok());
        assert!(parse_dial("starling:a/10.0.0.1:7").is_ok());
    }
}
