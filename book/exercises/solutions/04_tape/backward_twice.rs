//! In this engine, as in many small ones, each value keeps its own gradient. The first backward
//! pass is right. The second, of the same result, is not, and a is not even off by a factor of 2.
//! After each pass, every gradient should be the derivative, and no more.
//!
//! Print the gradients after each pass; then mend `backward`.
//!
//! Chapter: The tape (book/src/04-tape.md), "A second backward pass".

struct Node {
    inputs: Vec<usize>, // the values that it is the sum of
    gradient: f64,
}

struct Engine {
    nodes: Vec<Node>,
}

impl Engine {
    fn sum(&mut self, inputs: &[usize]) -> usize {
        self.nodes.push(Node { inputs: inputs.to_vec(), gradient: 0.0 });
        self.nodes.len() - 1
    }

    fn backward(&mut self, result: usize) {
        // Not the variables alone: what is left in b would be passed on to a once more.
        for node in &mut self.nodes {
            node.gradient = 0.0;
        }
        self.nodes[result].gradient = 1.0;
        for node in (0..=result).rev() {
            for input in self.nodes[node].inputs.clone() {
                self.nodes[input].gradient += self.nodes[node].gradient;
            }
        }
    }
}

/// The gradients of a, b = a + a and c = b + b, after some backward passes of c.
fn gradients_after(passes: usize) -> [f64; 3] {
    let mut engine = Engine { nodes: vec![] };
    let a = engine.sum(&[]);
    let b = engine.sum(&[a, a]);
    let c = engine.sum(&[b, b]);
    for _ in 0..passes {
        engine.backward(c);
    }
    [a, b, c].map(|value| engine.nodes[value].gradient)
}

fn main() {
    for passes in 1..=3 {
        println!("the gradients of a, b, c after pass {passes}: {:?}", gradients_after(passes));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pass_gives_the_derivative() {
        for passes in 1..=3 {
            let [a, b, c] = gradients_after(passes);
            let after = format!("after pass {passes}");
            let why = match c {
                0.0 => "The 1 has been cleared. Clear first, then set it.",
                _ => "It is the result: its gradient is 1, and is set, not added.",
            };
            assert!(c == 1.0, "{after}, the gradient of c should be 1 and is {c}. {why}");

            let why = match b {
                1.0 => "The second arrow has replaced what the first one brought.",
                _ if b > 2.0 && passes > 1 => {
                    "It still holds what the pass before has left there, and passes that on to a \
                     as well."
                }
                _ => "It goes into c twice.",
            };
            assert!(b == 2.0, "{after}, the gradient of b should be 2 and is {b}. {why}");

            let why = if a == 4.0 * passes as f64 {
                "This is the sum over all passes. PyTorch's variables add up like this; here, one \
                 pass is wanted."
            } else {
                "It goes into b twice."
            };
            assert!(a == 4.0, "{after}, the gradient of a should be 4 and is {a}. {why}");
        }
    }
}
