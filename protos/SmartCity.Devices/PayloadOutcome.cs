namespace SmartCity.Devices;

/// <summary>What became of one payload. Accepted values of the audit equation = <see cref="Kept"/> + <see cref="Repeated"/> + <see cref="Rejected"/>.</summary>
/// <param name="Kept">Readings, or toll events, added.</param>
/// <param name="Repeated">Values of elements that were kept before and dropped now (superseded).</param>
/// <param name="Rejected">Values for the dead letters; an element of no use counts one, and so does a whole payload.</param>
/// <param name="IsWhole">Whether the payload was rejected whole; then nothing of it was kept.</param>
public readonly record struct PayloadOutcome(int Kept, int Repeated, int Rejected, bool IsWhole);
