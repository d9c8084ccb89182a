import { call, upload } from "../client/http";
import type { Account, ProfileChanges } from "../client/httpTypes";

export const changeProfile = (changes: ProfileChanges): Promise<Account> => call("PUT /api/users/profile", changes);

export const changePassword = (current: string, wanted: string): Promise<void> =>
  call("PUT /api/users/password", { current, new: wanted });

export const deleteAccount = (password: string): Promise<void> => call("DELETE /api/users/profile", { password });

export const setAvatar = (picture: Blob): Promise<Account> => upload("/api/users/avatar", picture);

export const removeAvatar = (): Promise<Account> => call("DELETE /api/users/avatar");
