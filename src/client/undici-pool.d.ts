// The type of the one part of undici that is loaded, by its place in the library.
declare module 'undici/lib/dispatcher/pool.js' {
  import { Pool } from 'undici';

  export default Pool;
}
