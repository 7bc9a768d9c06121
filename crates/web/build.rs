//! Builds anew when the web application was built anew.

fn main() {
    println!("cargo:rerun-if-changed=dist");
}
