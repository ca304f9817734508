namespace SmartCity.Faults;

/// <summary>The rows of the fault matrix, in its order.</summary>
internal static class Rows
{
    public static IReadOnlyList<FaultRow> All { get; } = [.. KillRows.All.Concat(DiskRows.All).Concat(LinkRows.All).Concat(LoadRows.All).Concat(PacketRows.All).Concat(ClockRows.All).Concat(PowerRows.All).Concat(StoreRows.All).OrderBy(row => row.Number)];
}
