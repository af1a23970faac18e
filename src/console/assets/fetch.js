// A page, or a part of one, as it is now.

export class Refused extends Error {}
export class SignedOut extends Refused {}
export class Gone extends Refused {}

export function page(from) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("GET", from);
    request.responseType = "document";
    request.onload = () => {
      if (new URL(request.responseURL).pathname.startsWith("/console/sign-in")) return reject(new SignedOut());
      if (request.status === 200) return resolve(request.responseXML);
      if (request.status === 404) return reject(new Gone());
      reject(request.status < 500 ? new Refused(String(request.status)) : new Error(String(request.status)));
    };
    request.onerror = () => reject(new Error("offline"));
    request.send();
  });
}
