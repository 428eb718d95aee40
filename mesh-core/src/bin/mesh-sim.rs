//! Runs simulated crowds: `mesh-sim run SCENARIO`, `mesh-sim run trace --trace FILE`.
//!
//! Everything that it prints follows from its arguments but `wall_s`, the time that
//! the run took here. `docs/SIMULATOR.md` explains the numbers.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a program that prints its report, and measures how long that took"
)]

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use clap::{Parser, Subcommand, ValueEnum};
use mesh_core::sim::{
    Adversary, Report, Spec, Strategy, Trace, World, oracle_ratio, scenario, scenario_names,
    sweep_spec, trace_spec,
};

#[derive(Parser)]
#[command(about = "Simulated crowds of Starling nodes")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs one scenario and prints its report.
    Run(Run),
    /// Runs small worlds with random faults and enemies, one for each seed.
    Sweep(Sweep),
    /// Names the built-in scenarios.
    List,
}

#[derive(clap::Args)]
struct Run {
    /// A built-in scenario, a scenario file (.toml), or `trace`.
    scenario: String,
    /// Devices, instead of what the scenario says.
    #[arg(long)]
    nodes: Option<usize>,
    /// Everything random follows from it.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// One line of JSON instead of a table.
    #[arg(long)]
    json: bool,
    /// How envelopes are spread.
    #[arg(long, value_enum, default_value_t = StrategyName::Offer)]
    strategy: StrategyName,
    /// Recorded movement, `time_s,x0_m,y0_m,…`, one row a second.
    #[arg(long)]
    trace: Option<PathBuf>,
    /// Links exist up to this distance, metres.
    #[arg(long)]
    range: Option<f32>,
    /// Sealed bytes that each carries at most.
    #[arg(long)]
    buffer: Option<u64>,
    /// Changes a number of the medium, as in `--tune set_up_ms=[0,1]`.
    #[arg(long, value_name = "KEY=VALUE")]
    tune: Vec<String>,
    /// Makes so many of the people hostile, as in `--hostile spammer=15`.
    #[arg(long, value_name = "KIND=COUNT")]
    hostile: Vec<String>,
    /// Changes what the world is tried with, as in `--trial spam_per_s=1.7`.
    #[arg(long, value_name = "KEY=VALUE")]
    trial: Vec<String>,
    /// Prints the ceiling by earliest arrival too.
    #[arg(long)]
    oracle: bool,
    /// Prints deliveries by minute of writing too.
    #[arg(long)]
    minutes: bool,
}

#[derive(clap::Args)]
struct Sweep {
    /// How many worlds.
    #[arg(long, default_value_t = 1_000)]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    from: u64,
    /// Prints the report of every world.
    #[arg(long)]
    verbose: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum StrategyName {
    /// The engine that ships.
    Offer,
    /// Plain flooding.
    Flood,
    /// Flooding with a hop limit and random waits.
    Jitter,
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Run(run) => run_one(&run),
        Command::Sweep(sweep) => run_sweep(&sweep),
        Command::List => {
            scenario_names().for_each(|name| println!("{name}"));
            Ok(())
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("mesh-sim: {error}");
            ExitCode::from(2)
        }
    }
}

fn run_one(run: &Run) -> Result<(), String> {
    let spec = spec_of(run)?;
    let begun = Instant::now();
    let oracle_ratio = run.oracle.then(|| oracle_ratio(&spec, run.seed));
    let world = World::new(spec, run.seed);
    let (mut report, minutes) = world.run_by_minute();
    report.oracle_ratio = oracle_ratio;
    let wall_s = begun.elapsed().as_secs_f64();
    print_report(run, &report, wall_s);
    if run.minutes {
        for (minute, got, due) in minutes {
            println!(
                "minute {minute:>3}  {got:>7} of {due:>7}  {:.3}",
                got as f64 / due as f64
            );
        }
    }
    Ok(())
}

/// Runs worlds on all cores; every broken promise is one line that replays it.
fn run_sweep(sweep: &Sweep) -> Result<(), String> {
    let begun = Instant::now();
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get() as u64);
    let end = sweep.from + sweep.seeds;
    let (mut broken, mut events) = (0, 0);
    std::thread::scope(|scope| {
        let run = |first: u64| {
            let seeds = (first..end).step_by(cores as usize);
            seeds.map(|seed| run_seed(seed, sweep.verbose)).collect()
        };
        let threads: Vec<_> = (0..cores)
            .map(|core| scope.spawn(move || -> Vec<(bool, u64)> { run(sweep.from + core) }))
            .collect();
        for thread in threads {
            for (is_broken, count) in thread.join().unwrap_or_else(|_| vec![(true, 0)]) {
                broken += u64::from(is_broken);
                events += count;
            }
        }
    });
    let wall_s = begun.elapsed().as_secs_f64();
    println!(
        "{} seeds, {broken} broken, {events} events, {wall_s:.1} s",
        sweep.seeds
    );
    match broken {
        0 => Ok(()),
        _ => Err(format!(
            "{broken} of {} worlds broke a promise",
            sweep.seeds
        )),
    }
}

/// Whether a world broke a promise, and how many events it had.
fn run_seed(seed: u64, verbose: bool) -> (bool, u64) {
    let spec = sweep_spec(seed);
    let world = format!(
        "seed {seed}: {} people, {:?}, {:?}, {:#?}",
        spec.nodes, spec.medium.kind, spec.adversaries, spec.faults
    );
    let report = World::new(spec, seed).run();
    if verbose {
        println!("{world}\n{}", report.lines());
    }
    for promise in &report.broken_promises {
        println!("seed {seed}: {promise}; replay: mesh-sim sweep --from {seed} --seeds 1");
    }
    (!report.broken_promises.is_empty(), report.events)
}

fn print_report(run: &Run, report: &Report, wall_s: f64) {
    if run.json {
        let json = serde_json::to_value(report).map(|mut value| {
            if let Some(fields) = value.as_object_mut() {
                fields.insert("wall_s".to_owned(), serde_json::json!(wall_s));
            }
            value.to_string()
        });
        println!("{}", json.unwrap_or_default());
    } else {
        print!("{}", report.lines());
        println!("{:<36}{wall_s:.3}", "wall_s");
    }
}

fn spec_of(run: &Run) -> Result<Spec, String> {
    let mut spec = match (&*run.scenario, &run.trace) {
        ("trace", Some(path)) => {
            let trace = Trace::parse(&read(path)?)
                .map_err(|error| format!("{}: {error}", path.display()))?;
            trace_spec(trace).map_err(|error| error.to_string())?
        }
        ("trace", None) => return Err("trace needs --trace FILE".to_owned()),
        (_, Some(_)) => return Err("--trace goes with the scenario `trace`".to_owned()),
        (name, None) if Path::new(name).extension().is_some_and(|e| e == "toml") => {
            let text = read(Path::new(name))?;
            Spec::parse(name, &text).map_err(|error| format!("{name}: {error}"))?
        }
        (name, None) => scenario(name).ok_or_else(|| unknown(name))?,
    };
    spec.nodes = run.nodes.unwrap_or(spec.nodes);
    spec.buffer_bytes = run.buffer.unwrap_or(spec.buffer_bytes);
    let mut spec = spec.with_strategy(match run.strategy {
        StrategyName::Offer => Strategy::Offer,
        StrategyName::Flood => Strategy::Flood,
        StrategyName::Jitter => Strategy::Jitter,
    });
    if run.range.is_some() && spec.medium.range_m.is_some() {
        spec.medium.range_m = run.range;
    }
    for change in &run.tune {
        let (key, value) = change.split_once('=').ok_or("--tune takes KEY=VALUE")?;
        spec.tune(key, value)
            .map_err(|error| format!("--tune {change}: {error}"))?;
    }
    for change in &run.trial {
        let (key, value) = change.split_once('=').ok_or("--trial takes KEY=VALUE")?;
        spec.try_with(key, value)
            .map_err(|error| format!("--trial {change}: {error}"))?;
    }
    for some in &run.hostile {
        let (kind, count) = some.split_once('=').ok_or("--hostile takes KIND=COUNT")?;
        let kind = Adversary::named(kind).ok_or_else(|| format!("no enemy `{kind}`"))?;
        let count = count.parse().map_err(|_| "--hostile takes KIND=COUNT")?;
        spec.infiltrate(kind, count)
            .map_err(|error| format!("--hostile {some}: {error}"))?;
    }
    spec.check().map_err(|error| error.to_string())?;
    Ok(spec)
}

fn unknown(name: &str) -> String {
    let names: Vec<&str> = scenario_names().collect();
    format!(
        "no scenario `{name}`: there are {}, and trace",
        names.join(", ")
    )
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}
