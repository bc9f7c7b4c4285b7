//! z = x² y, computed in two steps: u = x y and z = u x. Write the adjoints of u, y and x.
//!
//! An adjoint (read "u bar") is the derivative of the final result, z, with respect to a value,
//! over all paths. Use the arrows of the graph, not the formula x² y: for each arrow that leaves a
//! value, the adjoint at its end times the arrow's own derivative.
//!
//! Chapter: The chain rule on a graph (book/src/02-chain-rule.md), "By hand".

/// The adjoints of u, y and x.
fn adjoints(x: f64, y: f64) -> [f64; 3] {
    let u = x * y;
    let z = u * x;
    println!("x = {x}, y = {y}, u = {u}, z = {z}");

    let z_bar = 1.0;
    let u_bar = z_bar * x;
    let y_bar = u_bar * x;
    // Two arrows leave x: to z, and to u.
    let x_bar = z_bar * u + u_bar * y;
    [u_bar, y_bar, x_bar]
}

fn main() {
    println!("the adjoints of u, y and x: {:?}", adjoints(3.0, 2.0));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_adjoints() {
        for (x, y) in [(3.0, 2.0), (-1.5, 4.0)] {
            let u = x * y;
            let [u_bar, y_bar, x_bar] = adjoints(x, y);
            let at = format!("for x = {x} and y = {y}");
            let why = if u_bar == u {
                "This is u itself. Which factor stands beside u in z = u x?"
            } else {
                ""
            };
            assert!(u_bar == x, "{at}, u_bar should be {x} and is {u_bar}. {why}");

            let why = if y_bar == x {
                "This is the arrow alone; multiply by the adjoint at its end."
            } else {
                ""
            };
            assert!(y_bar == x * x, "{at}, y_bar should be {} and is {y_bar}. {why}", x * x);

            let why = match x_bar {
                _ if x_bar == u => {
                    "It is one half: two arrows leave x, and only one has been counted."
                }
                _ if x_bar == u + y => "The arrow from x to u must be multiplied by u_bar.",
                _ => "Two arrows leave x: one to z, one to u.",
            };
            assert!(x_bar == 2.0 * u, "{at}, x_bar should be {} and is {x_bar}. {why}", 2.0 * u);
        }
    }
}
