import type { JSX } from "preact";

/** The row above a table that names its columns. */
export function Titles({ of }: { readonly of: readonly string[] }): JSX.Element {
	return (
		<tr>
			{of.map((title) => (
				<th key={title} scope="col">
					{title}
				</th>
			))}
		</tr>
	);
}
