//! The small programs of chapters 2 and 4 on a tape.

use tensor::{Tape, Tensor, Var};

/// One line of a program: an operation and the numbers of the lines that it reads.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Line {
    /// A variable, the next of the input.
    Var,
    /// The number 2.
    Two,
    /// A sum.
    Add(usize, usize),
    /// A product.
    Mul(usize, usize),
}

use Line::{Add, Mul, Two, Var as Variable};

/// The programs, by number: z = (xy)x, y = x² + 2x, and c = b + b with b = a + a.
pub const PROGRAMS: [&[Line]; 3] = [
    &[Variable, Variable, Mul(0, 1), Mul(2, 0)],
    &[Variable, Mul(0, 0), Two, Mul(2, 0), Add(1, 3)],
    &[Variable, Add(0, 0), Add(1, 1)],
];

/// How many numbers there are of each line.
pub const PER_LINE: usize = 7;

/// The program's number and its variables to, for each line: what it is (0 to 3, as in
/// [`Line`]), both inputs (−1 if there is none), the value, the gradient of the last line with
/// respect to it, and the derivative of the line with respect to its first and second input.
pub fn compute(input: &[f64]) -> Option<Vec<f64>> {
    let (program, mut variables) = (PROGRAMS.get(*input.first()? as usize)?, input[1..].iter());
    let tape = Tape::new();
    let mut lines: Vec<Var<'_, f64>> = Vec::new();
    for line in *program {
        lines.push(match *line {
            Variable => tape.var(Tensor::from(*variables.next()?)),
            Two => tape.constant(Tensor::from(2.0)),
            Add(a, b) => lines[a] + lines[b],
            Mul(a, b) => lines[a] * lines[b],
        });
    }
    let gradients = lines.last()?.backward();
    let mut out = Vec::new();
    for (line, node) in program.iter().zip(&lines) {
        let (kind, a, b) = match *line {
            Variable => (0.0, None, None),
            Two => (1.0, None, None),
            Add(a, b) => (2.0, Some(a), Some(b)),
            Mul(a, b) => (3.0, Some(a), Some(b)),
        };
        let number = |at: Option<usize>| at.map_or(-1.0, |at| at as f64);
        // Of a constant nobody asks for the gradient.
        let gradient = if *line == Two { 0.0 } else { gradients.wrt(*node).item() };
        out.extend([kind, number(a), number(b), node.value().item(), gradient]);
        out.extend(match (a, b) {
            (Some(a), Some(b)) => partials(kind == 2.0, lines[a], lines[b]),
            _ => [0.0, 0.0],
        });
    }
    Some(out)
}

/// The derivatives of one step, by a tape of its own on which both inputs are variables.
fn partials(is_sum: bool, a: Var<'_, f64>, b: Var<'_, f64>) -> [f64; 2] {
    let tape = Tape::new();
    let [a, b] = [a, b].map(|input| tape.var(input.value().clone()));
    let step = if is_sum { a + b } else { a * b };
    let gradients = step.backward();
    [a, b].map(|input| gradients.wrt(input).item())
}
