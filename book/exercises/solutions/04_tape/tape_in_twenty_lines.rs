//! A machine that differentiates programs, in some twenty lines. Two places are open: what a
//! product writes down, and the backward pass.
//!
//! Each value is a node of the tape, and a variable is its number. A node keeps its inputs: the
//! number of each, and the node's derivative by it.
//!
//! Chapter: The tape (book/src/04-tape.md), "The backward pass is one loop".

struct Node {
    value: f64,
    inputs: Vec<(usize, f64)>,
}

#[derive(Default)]
struct Tape {
    nodes: Vec<Node>,
}

impl Tape {
    fn push(&mut self, value: f64, inputs: Vec<(usize, f64)>) -> usize {
        self.nodes.push(Node { value, inputs });
        self.nodes.len() - 1
    }

    fn var(&mut self, value: f64) -> usize {
        self.push(value, vec![])
    }

    fn add(&mut self, a: usize, b: usize) -> usize {
        let value = self.nodes[a].value + self.nodes[b].value;
        self.push(value, vec![(a, 1.0), (b, 1.0)])
    }

    fn mul(&mut self, a: usize, b: usize) -> usize {
        let (x, y) = (self.nodes[a].value, self.nodes[b].value);
        self.push(x * y, vec![(a, y), (b, x)])
    }

    /// The adjoint of every node: the derivative of the result by it.
    fn backward(&self, result: usize) -> Vec<f64> {
        let mut bar = vec![0.0; self.nodes.len()];
        bar[result] = 1.0;
        for node in (0..=result).rev() {
            for &(input, derivative) in &self.nodes[node].inputs {
                bar[input] += bar[node] * derivative;
            }
        }
        bar
    }
}

fn main() {
    let mut tape = Tape::default();
    let (x, y) = (tape.var(3.0), tape.var(2.0));
    let u = tape.mul(x, y);
    let z = tape.add(u, x);
    let bar = tape.backward(z);
    println!("z = x y + x = {}: ∂z/∂x = {}, ∂z/∂y = {}", tape.nodes[z].value, bar[x], bar[y]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_hands_on_what_it_gets() {
        let mut tape = Tape::default();
        let (a, b) = (tape.var(5.0), tape.var(7.0));
        let sum = tape.add(a, b);
        let found = tape.backward(sum)[a];
        let why = match found {
            0.0 => "Nobody hands anything on.",
            _ => "The result has the adjoint 1, and a sum hands it on to each input, once.",
        };
        assert!(found == 1.0, "in a + b the adjoint of a should be 1 and is {found}. {why}");
    }

    #[test]
    fn a_product_knows_the_other_factor() {
        let mut tape = Tape::default();
        let (a, b) = (tape.var(5.0), tape.var(7.0));
        let product = tape.mul(a, b);
        let inputs = &tape.nodes[product].inputs;
        for (name, found, expected, own) in
            [("a", inputs[0].1, 7.0, 5.0), ("b", inputs[1].1, 5.0, 7.0)]
        {
            let why = match found {
                0.0 => "It is still open. Move this factor a little: by how much does a b move?",
                _ if found == own => {
                    "That is the factor itself. Move it a little: by how much does a b move?"
                }
                _ => "Move this factor by a little step: by how many such steps does a b move?",
            };
            assert!(
                found == expected,
                "the derivative of 5 · 7 by {name} should be {expected} and is {found}. {why}"
            );
        }
    }

    #[test]
    fn a_value_that_is_used_twice() {
        let mut tape = Tape::default();
        let a = tape.var(3.0);
        let b = tape.add(a, a);
        let c = tape.add(b, b);
        let bar = tape.backward(c);
        let why = match bar[a] {
            0.0 => {
                "Nothing has come to a. b has to hand on, too, and after c: go over all nodes from \
                 the result to the first. (Print the number of the node that has its turn.)"
            }
            1.0 => "What arrives later has replaced what was there. It has to be added.",
            2.0 => "Each node hands on its own adjoint, bar[node], times the derivative.",
            more if more > 4.0 => {
                "A node has handed on more than once, or before all had arrived: each has one \
                 turn, after all that use it."
            }
            _ => "Two arrows lead from a to b, and two from b to c.",
        };
        assert!(
            bar[a] == 4.0,
            "for b = a + a, c = b + b, the adjoint of a should be 4 and is {}. {why}",
            bar[a]
        );

        let mut tape = Tape::default();
        let a = tape.var(3.0);
        let result = (0..4).fold(a, |value, _| tape.add(value, value));
        let found = tape.backward(result)[a];
        assert!(
            found == 16.0,
            "for four doublings in a row the adjoint of a should be 16 and is {found}. It is right \
             for two: every node has its turn, however many there are."
        );
    }

    #[test]
    fn a_result_in_the_middle() {
        let mut tape = Tape::default();
        let x = tape.var(3.0);
        let square = tape.mul(x, x);
        tape.mul(square, square); // later on the tape, and no matter for the square
        let found = tape.backward(square)[x];
        let why = match found {
            0.0 => "Nothing has come to x. What does the product keep, and who hands it on?",
            3.0 => {
                "Two arrows lead from x to x², and here is one of them. What they bring is added."
            }
            108.0 => {
                "This is the derivative of x⁴. The pass begins at the result that was asked for."
            }
            _ => "Two arrows lead from x to x², and the derivative of each is the other factor, 3.",
        };
        assert!(found == 6.0, "the derivative of x² at 3 should be 6 and is {found}. {why}");
    }
}
