import { render } from 'preact';
import { followStatus } from '../ui/status.ts';
import { applyTheme } from '../ui/theme.ts';
import { Options } from './options.tsx';

applyTheme();
void followStatus();
const root = document.getElementById('app');
if (root) render(<Options />, root);
