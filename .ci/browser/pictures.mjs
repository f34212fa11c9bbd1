export const pictures = async () => {};
