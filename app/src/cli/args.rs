//! What can be typed behind `starling`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use mesh_core::node::{KdfCost, NodeConfig};

use super::address::{parse_dial, parse_listen};
use super::failure::Failure;
use super::log::Level;

/// Talk to the people around you without the internet.
#[derive(Debug, Parser)]
#[command(name = "starling", version, propagate_version = true)]
#[command(after_help = "Without a command, the window opens.")]
pub(crate) struct Args {
    /// Profile folder; created where it is missing
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) profile: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) mode: Option<Mode>,
}

/// Ways to run without a window.
#[derive(Debug, Subcommand)]
pub(crate) enum Mode {
    /// Run a node that speaks JSON-RPC on standard input and output
    Headless(HeadlessArgs),
    /// Carry and forward for others, with no identity of one's own
    Relay(RelayArgs),
    /// Destroy the profile, at once and for good, even while a Starling has it open
    Wipe,
    /// Say in a window why Starling did not start: opened by Starling itself
    #[command(name = crate::notice_window::COMMAND, hide = true)]
    Notice(NoticeArgs),
}

/// Arguments of `starling headless`.
#[derive(Debug, ClapArgs)]
pub(crate) struct HeadlessArgs {
    /// File whose first line is the passphrase
    #[arg(long, value_name = "FILE")]
    pub(crate) passphrase_file: PathBuf,
    /// Name to claim when the profile is created, "someone" by default; ignored afterwards
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// Cost of guessing the passphrase, fixed at creation: "floor" is for tests
    #[arg(long, value_enum, default_value_t = Kdf::Calibrated, hide = true)]
    pub(crate) kdf: Kdf,
    /// Leave Bluetooth off; there is none in this version, so this changes nothing yet
    #[arg(long)]
    pub(crate) no_ble: bool,
    #[command(flatten)]
    pub(crate) net: NetArgs,
}

/// Arguments of `starling relay`.
#[derive(Debug, ClapArgs)]
pub(crate) struct RelayArgs {
    #[command(flatten)]
    pub(crate) net: NetArgs,
}

/// Arguments of the hidden command behind `notice_window`.
#[derive(Debug, ClapArgs)]
pub(crate) struct NoticeArgs {
    /// What to say
    pub(crate) sentence: String,
}

/// Arguments of everything that runs a node.
#[derive(Debug, ClapArgs)]
pub(crate) struct NetArgs {
    /// Address to listen on, repeatable [default: 0.0.0.0:0 and [::]:0]
    #[arg(long, value_name = "ADDR", value_parser = parse_listen)]
    listen: Vec<SocketAddr>,
    /// Address to call and keep calling, repeatable
    #[arg(long, value_name = "ADDR", value_parser = parse_dial)]
    dial: Vec<SocketAddr>,
    /// Look for nobody and be found by nobody: only --dial makes links
    #[arg(long)]
    no_mdns: bool,
    /// Own messages wait, up to a minute, until others' go out with them
    #[arg(long)]
    careful: bool,
    /// How much goes to standard error
    #[arg(long, value_enum, value_name = "LEVEL", default_value_t = Level::Warn)]
    pub(crate) log: Level,
}

/// Names of [`KdfCost`] on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kdf {
    /// Measured on this machine.
    Calibrated,
    /// The least we accept.
    Floor,
}

impl NetArgs {
    /// The node these arguments describe.
    pub(crate) fn config(self, profile: PathBuf, kdf: Kdf) -> NodeConfig {
        let defaults = NodeConfig::new(profile);
        NodeConfig {
            listen: if self.listen.is_empty() {
                defaults.listen
            } else {
                self.listen
            },
            dial: self.dial,
            discovery: !self.no_mdns,
            careful: self.careful,
            kdf: match kdf {
                Kdf::Calibrated => KdfCost::Calibrated,
                Kdf::Floor => KdfCost::Floor,
            },
            profile: defaults.profile,
        }
    }
}

/// Folds clap's paragraphs into one line: what is wrong, its tips, where to read on.
pub(crate) fn fold(error: &clap::Error) -> Failure {
    let text = error.to_string();
    let said = text
        .lines()
        .map(str::trim)
        .take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more"))
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    let said = said.strip_prefix("error: ").unwrap_or(&said);
    Failure::usage(format!("{said} (see `starling help`)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Args, clap::Error> {
        Args::try_parse_from(line.split(' '))
    }

    fn config(line: &str) -> NodeConfig {
        match parse(line).unwrap().mode.unwrap() {
            Mode::Headless(args) => args.net.config(PathBuf::from("p"), args.kdf),
            Mode::Relay(args) => args.net.config(PathBuf::from("p"), Kdf::Calibrated),
            Mode::Wipe | Mode::Notice(_) => panic!("no node"),
        }
    }

    #[test]
    fn argument_table_is_consistent() {
        <Args as clap::CommandFactory>::command().debug_assert();
    }

    #[test]
    fn profile_is_taken_on_either_side_of_the_command() {
        for line in [
            "starling --profile p relay",
            "starling relay --profile p",
            "starling --profile p",
        ] {
            assert_eq!(parse(line).unwrap().profile, Some(PathBuf::from("p")));
        }
    }

    #[test]
    fn without_addresses_every_interface_is_listened_on_with_discovery() {
        let config = config("starling relay --profile p");
        assert_eq!(config.listen.len(), 2);
        assert!(config.discovery);
        assert_eq!(config.kdf, KdfCost::Calibrated);
    }

    #[test]
    fn given_addresses_replace_the_default_and_no_mdns_ends_discovery() {
        let config = config(
            "starling headless --passphrase-file f --listen 127.0.0.1:0 \
             --dial 127.0.0.1:7 --dial /ip4/127.0.0.1/tcp/8 --no-mdns --no-ble --kdf floor"
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ")
                .as_str(),
        );
        assert_eq!(config.listen, vec!["127.0.0.1:0".parse().unwrap()]);
        assert_eq!(config.dial.len(), 2);
        assert!(!config.discovery);
        assert_eq!(config.kdf, KdfCost::Floor);
    }

    #[test]
    fn every_complaint_is_one_line_that_names_the_fault() {
        for (line, part) in [
            ("starling headless", "--passphrase-file"),
            ("starling --bogus", "--bogus"),
            ("starling headles", "headles"),
            ("starling relay --listen localhost:1", "host names"),
            ("starling relay --dial 10.0.0.1:0", "port 0"),
            ("starling relay --log loud", "loud"),
        ] {
            let said = fold(&parse(line).unwrap_err()).to_string();
            assert!(said.contains(part), "{line}: {said}");
            assert!(said.ends_with("(see `starling help`)"), "{line}: {said}");
            assert!(!said.contains('\n') && !said.contains("Usage"), "{said}");
        }
    }
}
