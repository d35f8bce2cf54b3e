/** The port a provider's API has where an advertisement does not say. */
export const defaultProviderPort = 7466;
