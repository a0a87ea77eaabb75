fn main() {
    typhon::cli::main()
}
