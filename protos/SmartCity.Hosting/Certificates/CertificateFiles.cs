namespace SmartCity.Hosting.Certificates;

/// <summary>A certificate and its private key as PEM files.</summary>
/// <param name="Certificate">Path of the certificate.</param>
/// <param name="Key">Path of the private key, readable by its owner alone.</param>
public sealed record CertificateFiles(string Certificate, string Key);
