// Every sentence of the page, by language.

import { EN } from "./words_en.js";
import { ZH } from "./words_zh.js";

export const WORDS = { zh: ZH, en: EN };
