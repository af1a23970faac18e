// A page, or a part of one, as it is now.

export class Refused extends Error {}
export class SignedOut extends Refused {}
export class Gone extends Refused {}

// Whether the bridge has answered, and not a proxy in its place, which says 404 while the bridge starts again, or shows a
// page of its own. Each page of somebody who is signed in, and each part of one, has the ways to the others; one that
// only says that there is nothing to show has none.
export function isOurs(answer) {
  return Boolean(answer?.querySelector(".rail__list"));
}

export function page(from) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("GET", from);
    request.responseType = "document";
    request.onload = () => {
      if (new URL(request.responseURL).pathname.startsWith("/console/sign-in")) return reject(new SignedOut());
      if (!isOurs(request.responseXML)) return reject(new Error(`${request.status}, not of the bridge`));
      if (request.status === 200) return resolve(request.responseXML);
      if (request.status === 404) return reject(new Gone());
      reject(request.status < 500 ? new Refused(String(request.status)) : new Error(String(request.status)));
    };
    request.onerror = () => reject(new Error("offline"));
    request.send();
  });
}
