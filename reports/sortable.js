// A table that sorts by the heading that is clicked, and lists above it that leave rows out.
const table = document.querySelector("table.sortable"), head = table.tHead.rows[0], body = table.tBodies[0]
const heads = [...head.cells], rows = [...body.rows]
const key = (row, k) => row.cells[k].dataset.key ?? row.cells[k].textContent.trim()

// Empty cells come last in both directions, numbers before words.
const compare = (a, b, direction) => (a === "") - (b === "") || direction * (
  isNaN(a) - isNaN(b) || (isNaN(a) ? a.localeCompare(b, undefined, {numeric: true}) : a - b))

heads.forEach((own, k) => own.querySelector("button").onclick = () => {
  const ascending = own.getAttribute("aria-sort") !== "ascending"
  heads.forEach(other => other.removeAttribute("aria-sort"))
  own.setAttribute("aria-sort", ascending ? "ascending" : "descending")
  rows.sort((a, b) => compare(key(a, k), key(b, k), ascending ? 1 : -1))
  body.append(...rows)
})

const form = document.querySelector("form"), lists = form ? [...form.querySelectorAll("select")] : []
const choose = () => {
  rows.forEach(row => row.hidden = lists.some(list => list.value && list.value !== key(row, list.dataset.column)))
  const left = rows.filter(row => !row.hidden)
  heads.forEach((own, k) => {
    if (!("varies" in own.dataset)) return
    const same = new Set(left.map(row => key(row, k))).size < 2
    for (const cell of [own, ...rows.map(row => row.cells[k])]) cell.hidden = same
  })
  form.querySelector("output").textContent = `${left.length} of ${rows.length} rows`
}
if (form) {
  form.hidden = false
  form.onchange = choose
  choose()  // after a reload the browser keeps what was chosen
}
