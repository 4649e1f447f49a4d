import { useEffect, useState } from 'preact/hooks';
import { type Place, placeOf } from './place.ts';

/** Where the reader is, by the address. */
export function usePlace(): Place {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const take = () => setHash(location.hash);
    window.addEventListener('hashchange', take);
    return () => window.removeEventListener('hashchange', take);
  }, []);
  return placeOf(hash);
}
