import i18next from "i18next";
import { isTooLong, MIN_CHARACTERS } from "../../lib/passwordStrength";

/** What is wrong with an e-mail address, as far as one sees it; undefined: nothing. */
export function addressProblem(email: string): string | undefined {
  const address = email.trim();
  if (address === "") return i18next.t("auth:problem.emailMissing");
  return /^[^\s@]+@[^\s@]+\.[^\s@.]+$/u.test(address) ? undefined : i18next.t("auth:problem.email");
}

export function nameProblem(name: string): string | undefined {
  return name.trim() === "" ? i18next.t("auth:problem.name") : undefined;
}

export function missingPassword(password: string): string | undefined {
  return password === "" ? i18next.t("auth:problem.passwordMissing") : undefined;
}

/** What is wrong with a password that is to be used from now on. */
export function newPasswordProblem(password: string): string | undefined {
  if (password === "") return i18next.t("auth:problem.passwordMissing");
  if (password.length < MIN_CHARACTERS) return i18next.t("auth:problem.passwordShort", { count: MIN_CHARACTERS });
  return isTooLong(password) ? i18next.t("auth:problem.passwordLong") : undefined;
}
