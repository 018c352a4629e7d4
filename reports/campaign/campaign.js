(() => {
  const table = document.getElementById('table');
  const units = [...document.querySelectorAll('.unit')];
  const unfolded = { suites: new Set(), alike: false };
  let data;

  const apply = () => {
    const words = filter.words();
    const kept = new Set();
    for (const unit of units) {
      const { device, verdict } = unit.dataset;
      const text = words.length === 0 ? '' : unit.textContent.toLowerCase();
      const visible = filter.isChosen(verdict) && words.every((word) => text.includes(word));
      unit.hidden = !visible;
      if (visible) kept.add(device);
    }
    for (const row of table?.querySelectorAll('tbody tr') ?? []) row.hidden = !kept.has(row.dataset.device);
    filter.tell(kept.size, units.length, 'devices');
  };
  const filter = lists.filtering(apply);

  table?.addEventListener('click', (event) => {
    const button = event.target.closest('button[data-suite]');
    if (button === null) return;
    const { suite, action } = button.dataset;
    if (suite === '*') unfolded.alike = action === 'open';
    else if (action === 'open') unfolded.suites.add(suite);
    else unfolded.suites.delete(suite);
    data ??= JSON.parse(document.getElementById('data').textContent);
    const { scrollLeft } = table;
    table.innerHTML = campaign.matrixTable(data, unfolded);
    table.scrollLeft = scrollLeft;
    apply();
    // The head that was pressed is another one now: whoever uses a keyboard stays there.
    const heads = [...table.querySelectorAll('button[data-suite]')];
    (heads.find((head) => head.dataset.suite === suite) ?? table).focus();
  });

  document.querySelector('.filters').hidden = false;
  apply();
})();
