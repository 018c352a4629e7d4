(() => {
  const search = document.getElementById('search');
  const shown = document.getElementById('shown');
  const none = document.getElementById('none');
  const table = document.getElementById('table');
  const units = [...document.querySelectorAll('.unit')];
  const buttons = [...document.querySelectorAll('button[data-verdict]')];
  const unfolded = { suites: new Set(), alike: false };
  let chosen = new Set();
  let data;

  const apply = () => {
    const words = search.value
      .toLowerCase()
      .split(/\s+/)
      .filter((word) => word !== '');
    const kept = new Set();
    for (const unit of units) {
      const { device, verdict } = unit.dataset;
      const text = words.length === 0 ? '' : unit.textContent.toLowerCase();
      const visible = (chosen.size === 0 || chosen.has(verdict)) && words.every((word) => text.includes(word));
      unit.hidden = !visible;
      if (visible) kept.add(device);
    }
    for (const row of table?.querySelectorAll('tbody tr') ?? []) row.hidden = !kept.has(row.dataset.device);
    for (const button of buttons) {
      const { verdict } = button.dataset;
      button.setAttribute('aria-pressed', String(verdict === '' ? chosen.size === 0 : chosen.has(verdict)));
    }
    none.hidden = kept.size > 0;
    shown.textContent = kept.size === units.length ? `${kept.size} devices` : `${kept.size} of ${units.length} devices`;
  };

  for (const button of buttons) {
    button.addEventListener('click', () => {
      const { verdict } = button.dataset;
      if (verdict === '') chosen = new Set();
      else if (!chosen.delete(verdict)) chosen.add(verdict);
      apply();
    });
  }
  let timer;
  search.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(apply, 80);
  });

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
