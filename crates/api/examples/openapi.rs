//! Prints the OpenAPI document, from which the web application's types are made.

use std::process::ExitCode;

fn main() -> ExitCode {
    match api::openapi().to_pretty_json() {
        Ok(document) => {
            println!("{document}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("the OpenAPI document cannot be written: {error}");
            ExitCode::FAILURE
        }
    }
}
