//! The program `typhon`: its command line is in `cli`.

fn main() {
    typhon::cli::main()
}
