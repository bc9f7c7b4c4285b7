//! Prints whole numbers as NumPy does.

/// NumPy's `print` of an array, or its `repr` (with commas and `array(…)`).
///
/// ```
/// use demos::numpy;
///
/// assert_eq!(numpy::print(&[2, 2], &[0, 5, 10, 15]), "[[ 0  5]\n [10 15]]");
/// assert_eq!(numpy::repr(&[3], &[45, 65, 85]), "array([45, 65, 85])");
/// ```
pub fn print(shape: &[usize], numbers: &[i32]) -> String {
    block(shape, numbers, " ", 0, width(numbers))
}

/// As [`print`](print()), in the form that an interactive session shows.
pub fn repr(shape: &[usize], numbers: &[i32]) -> String {
    let indent = "array(".len();
    format!("array({})", block(shape, numbers, ", ", indent, width(numbers)))
}

fn width(numbers: &[i32]) -> usize {
    numbers.iter().map(|n| n.to_string().len()).max().unwrap_or(0)
}

fn block(shape: &[usize], numbers: &[i32], comma: &str, indent: usize, width: usize) -> String {
    let Some((&size, inner)) = shape.split_first() else {
        return format!("{:width$}", numbers[0]);
    };
    let parts: Vec<String> = (numbers.chunks(numbers.len() / size))
        .map(|part| block(inner, part, comma, indent + 1, width))
        .collect();
    let separator = match inner.len() {
        0 => comma.to_string(),
        depth => format!("{}{}{}", comma.trim_end(), "\n".repeat(depth), " ".repeat(indent + 1)),
    };
    format!("[{}]", parts.join(&separator))
}
