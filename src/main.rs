use std::process::ExitCode;

fn main() -> ExitCode {
    handover_bridge::cli::main()
}
