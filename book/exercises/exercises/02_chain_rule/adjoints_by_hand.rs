//! z = x² y, computed in two steps: u = x x and z = u y. (The chapter does it in two others.) Write
//! the adjoints of u, y and x.
//!
//! An adjoint (read "u bar") is the derivative of the final result, z, with respect to a value,
//! over all paths. Use the arrows of the graph, not the formula x² y: for each arrow that leaves a
//! value, the adjoint at its end times the arrow's own derivative.
//!
//! Chapter: The chain rule on a graph (book/src/02-chain-rule.md), "By hand" and "Fan-out adds".

/// The adjoints of u, y and x.
fn adjoints(x: f64, y: f64) -> [f64; 3] {
    let u = x * x;
    let z = u * y;
    println!("x = {x}, y = {y}, u = {u}, z = {z}");

    let z_bar = 1.0;
    // TODO: three adjoints. The order is that of the backward pass.
    let u_bar = z_bar * 0.0;
    let y_bar = z_bar * 0.0;
    let x_bar = u_bar * 0.0;
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
        for (x, y) in [(3.0, 5.0), (-1.5, 4.0)] {
            let u = x * x;
            let [u_bar, y_bar, x_bar] = adjoints(x, y);
            let at = format!("for x = {x} and y = {y}");
            let why = match u_bar {
                0.0 => "It is still open.",
                _ if u_bar == u => "This is u itself. Which factor stands beside u in z = u y?",
                _ => "One arrow leaves u, to z = u y: what stands beside u there?",
            };
            assert!(u_bar == y, "{at}, u_bar should be {y} and is {u_bar}. {why}");

            let why = match y_bar {
                0.0 => "It is still open.",
                _ if y_bar == y => "This is y itself. Which factor stands beside y in z = u y?",
                _ if y_bar == u_bar * u => {
                    "The arrow from y ends at z, so what it brings is multiplied by z_bar, not by \
                     u_bar."
                }
                _ => "One arrow leaves y, to z = u y: what stands beside y there?",
            };
            assert!(y_bar == u, "{at}, y_bar should be {u} and is {y_bar}. {why}");

            let why = match x_bar {
                0.0 => "It is still open.",
                _ if x_bar == x || x_bar == 2.0 * x => {
                    "These are arrows alone. What an arrow brings is multiplied by the adjoint at \
                     its end."
                }
                _ if x_bar == u_bar * x => {
                    "It is one half: two arrows leave x, and only one has been counted."
                }
                _ if x_bar == u_bar * x + u => {
                    "No arrow leads from x to z in this graph. Where do both end?"
                }
                _ if x_bar == u_bar * x + x => "Each of the two arrows is multiplied by u_bar.",
                _ => "Two arrows leave x. Where do they end, and what is the adjoint there?",
            };
            let expected = 2.0 * u_bar * x;
            assert!(x_bar == expected, "{at}, x_bar should be {expected} and is {x_bar}. {why}");
        }
    }
}
