//! One derivative on the tape, and the tape itself.
//!
//! Run it with `cargo run -p demos --example 01_one_derivative`.

use tensor::{Tape, Tensor};

fn main() {
    let tape = Tape::<f64>::new();
    let x = tape.var(Tensor::from(3.0));
    let y = x * x + 2.0 * x;

    println!("y = x² + 2x at x = 3:  y = {}", y.value().item());
    println!("by hand, dy/dx = 2x + 2 = {}", 2.0 * 3.0 + 2.0);
    println!("by the tape,     dy/dx = {}", y.backward().wrt(x).item());

    // What the derivative is the limit of.
    let f = |x: f64| x * x + 2.0 * x;
    for step in [0.1, 0.001, 0.00001] {
        let slope = (f(3.0 + step) - f(3.0)) / step;
        println!("the slope between 3 and 3 + {step}: {slope:.5}");
    }

    println!("\nThe tape, one line for each operation:\n\n{tape}");
    println!("The same as a graph; `dot -Tsvg` draws it:\n\n{}", tape.to_dot());
}
