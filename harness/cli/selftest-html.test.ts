import { matrixHtml } from './selftest-html';

describe('the matrix as HTML', () => {
  const kase = { id: 'A/b/1', title: 'a <b> & "c"', deviations: ['late'] };
  const row = {
    device: 'late',
    binding: 'smbus' as const,
    verdicts: { 'A/b/1': 'fail' as const },
    failure: '<script>',
  };
  const findings = [{ device: 'late', binding: 'smbus' as const, problem: 'x', cases: ['<i>'] }];
  const html = matrixHtml([{ profile: 'nic', rows: [row], findings }], [kase as never], []);

  it('marks a red case that lists the deviation', () => {
    expect(html).toContain('<td class="F l">F</td>');
  });

  it('escapes what others wrote and loads nothing', () => {
    expect(html).not.toMatch(/<script|<b>|<i>|https?:|src=|href=/);
    expect(html).toContain('a &#60;b&#62; &#38; &#34;c&#34;');
  });
});
