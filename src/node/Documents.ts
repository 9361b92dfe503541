// The documents as a site: rendered from the Markdown of this check-out, by the node under /docs and by `npm run docs:site` into a folder.

import { readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, posix } from "node:path";
import type { Marked, Tokens } from "marked";
import type { Page } from "../wire/Server.ts";

const ROOT = join(import.meta.dirname, "..", "..");

/** Where the site begins. */
export const BASE = "/docs";

const TYPES: Readonly<Record<string, string>> = {
	json: "application/json; charset=utf-8",
	png: "image/png",
	py: "text/plain; charset=utf-8",
	rs: "text/plain; charset=utf-8",
	css: "text/css; charset=utf-8",
};

/** Documents that stand outside docs/, and where they are on the site. */
const OUTSIDE: Readonly<Record<string, string>> = {
	"README.md": "index.html",
	"CHANGELOG.md": "changelog.html",
	"CONTRIBUTING.md": "contributing.html",
	"SECURITY.md": "security.html",
	"STYLE.md": "style.html",
	"examples/README.md": "examples/index.html",
};

/** Groups of the site's contents, by the folder that a document stands in. */
const GROUPS: readonly (readonly [title: string, belongs: (file: string) => boolean])[] = [
	["Start", (file) => file === "README.md" || file.startsWith("docs/guides/") || file === "docs/known-issues.md"],
	["Reference", (file) => file.startsWith("docs/api/") || file.startsWith("examples/") || /^docs\/(cli|glossary)\.md$/.test(file)],
	["Protocol", (file) => file.startsWith("docs/spec/") || file === "docs/architecture.md"],
	["Operation", (file) => file.startsWith("docs/runbooks/")],
	["Evidence", (file) => /^docs\/(gas|invariants|lab|mutants|simulation|threat-model)\.md$/.test(file) || file === "SECURITY.md"],
	["Decisions", (file) => file.startsWith("docs/decisions/")],
	["Development", () => true],
];

type Heading = { readonly depth: number; readonly anchor: string };
export type Document = { readonly file: string; readonly path: string; readonly title: string; readonly headings: readonly Heading[] };

/** Where a file of the repository is on the site, without a slash in front; undefined of what is not on it. */
export function pathOf(file: string): string | undefined {
	if (Object.hasOwn(OUTSIDE, file)) return OUTSIDE[file];
	if (!file.startsWith("docs/")) return undefined;
	const rest = file.slice("docs/".length);
	if (rest.endsWith(".md")) return rest.replace(/(^|\/)README\.md$/, "$1index.md").replace(/\.md$/, ".html");
	return (rest.split(".").at(-1) ?? "") in TYPES ? rest : undefined;
}

/** Every file of the repository that is on the site, ascending. */
export function files(): string[] {
	const docs = readdirSync(join(ROOT, "docs"), { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile())
		.map((entry) => posix.join(entry.parentPath.slice(ROOT.length + 1).replaceAll("\\", "/"), entry.name));
	return [...Object.keys(OUTSIDE), ...docs].filter((file) => !file.includes("/target/") && pathOf(file) !== undefined).sort();
}

const escape = (text: string): string =>
	text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

/** The anchor that a heading gets on the usual forges, so that links work there and here. */
function slug(heading: string): string {
	return heading
		.trim()
		.toLowerCase()
		.replace(/[`*[\]()]/g, "")
		.replace(/[^\p{L}\p{N}\s_-]/gu, "")
		.replace(/\s/g, "-");
}

/** A link or an image's source as the site has it; undefined when it leads to what the site does not have, such as a source file. */
function targetOf(from: string, href: string): string | undefined {
	if (/^[a-z]+:/i.test(href) || href.startsWith("#")) return href;
	const [path = "", anchor] = href.split("#");
	const to = pathOf(posix.normalize(posix.join(posix.dirname(from), path)));
	return to === undefined ? undefined : `${BASE}/${to}${anchor === undefined ? "" : `#${anchor}`}`;
}

async function rendererFor(file: string): Promise<Marked> {
	// Loaded when it is needed: a node whose documents nobody reads starts without it.
	const { Marked } = await import("marked");
	const used = new Map<string, number>();
	const marked = new Marked();
	marked.use({
		renderer: {
			heading({ tokens, depth, text }: Tokens.Heading): string {
				const anchor = slug(text);
				const count = used.get(anchor) ?? 0;
				used.set(anchor, count + 1);
				return `<h${depth} id="${anchor}${count === 0 ? "" : `-${count}`}">${this.parser.parseInline(tokens)}</h${depth}>\n`;
			},
			link({ href, tokens }: Tokens.Link): string {
				const target = targetOf(file, href);
				const text = this.parser.parseInline(tokens);
				return target === undefined ? text : `<a href="${escape(target)}">${text}</a>`;
			},
			image({ href, text }: Tokens.Image): string {
				return `<img src="${escape(targetOf(file, href) ?? "")}" alt="${escape(text)}" loading="lazy">`;
			},
			// What is wider than the page scrolls, and a keyboard reaches it.
			code({ text }: Tokens.Code): string {
				return `<pre tabindex="0"><code>${escape(text)}</code></pre>\n`;
			},
			table({ header, rows }: Tokens.Table): string {
				const cells = (all: readonly Tokens.TableCell[], tag: string): string =>
					all.map(({ tokens }) => `<${tag}>${this.parser.parseInline(tokens)}</${tag}>`).join("");
				const head = header.some(({ text }) => text !== "") ? `<thead><tr>${cells(header, "th")}</tr></thead>` : "";
				const body = rows.map((row) => `<tr>${cells(row, "td")}</tr>`).join("\n");
				return `<div class="wide" tabindex="0" role="group" aria-label="table"><table>${head}<tbody>${body}</tbody></table></div>\n`;
			},
		},
	});
	return marked;
}

/** A document's first heading, without its marks. */
function titleOf(file: string, text: string): string {
	return (/^# (.+)$/m.exec(text)?.[1] ?? file).replace(/[`*]/g, "");
}

let contents: Promise<readonly { readonly group: string; readonly file: string; readonly title: string }[]> | undefined;

/** Every document with its group and title, in the order of the groups. */
function index(): NonNullable<typeof contents> {
	contents ??= (async () => {
		const all = await Promise.all(
			files()
				.filter((file) => file.endsWith(".md"))
				.map(async (file) => ({ file, title: titleOf(file, await readFile(join(ROOT, file), "utf8")) })),
		);
		const placed = all.map((one) => ({ ...one, group: GROUPS.find(([, belongs]) => belongs(one.file))?.[0] ?? "" }));
		return GROUPS.flatMap(([title]) => placed.filter(({ group }) => group === title));
	})();
	return contents;
}

async function contentsFor(file: string): Promise<string> {
	const all = await index();
	const groups = GROUPS.map(([title]) => {
		const own = all.filter(({ group }) => group === title);
		const links = own.map((one) => {
			const current = one.file === file ? ' aria-current="page"' : "";
			return `<li><a href="${BASE}/${pathOf(one.file)}"${current}>${escape(one.title)}</a></li>`;
		});
		const isOpen = own.some((one) => one.file === file) || title === "Start";
		return `<details${isOpen ? " open" : ""}><summary>${title}</summary><ul>${links.join("")}</ul></details>`;
	});
	return groups.join("\n");
}

/** One document as a whole page. */
export async function render(file: string): Promise<string> {
	const text = await readFile(join(ROOT, file), "utf8");
	const body = (await rendererFor(file)).parse(text, { async: false });
	return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(titleOf(file, text))} · Strikeproof</title>
<link rel="stylesheet" href="${BASE}/site.css">
</head>
<body>
<a class="skip" href="#content">To the text</a>
<nav aria-label="Documents"><p><a href="/">Strikeproof</a></p>
${await contentsFor(file)}
</nav>
<main id="content">
${body}</main>
</body>
</html>
`;
}

/** What a browser gets below /docs: a document, or a file that documents show. Undefined for what is not on the site. */
export async function serve(path: string): Promise<Page | undefined> {
	const wanted = path === BASE || path === `${BASE}/` ? "index.html" : path.slice(BASE.length + 1).replace(/\/$/, "/index.html");
	if (wanted === "site.css") return { type: String(TYPES.css), body: await readFile(join(import.meta.dirname, "site.css")) };
	const file = files().find((one) => pathOf(one) === wanted);
	if (file === undefined) return undefined;
	if (file.endsWith(".md")) return { type: "text/html; charset=utf-8", body: await render(file) };
	return { type: String(TYPES[file.split(".").at(-1) ?? ""]), body: await readFile(join(ROOT, file)) };
}
