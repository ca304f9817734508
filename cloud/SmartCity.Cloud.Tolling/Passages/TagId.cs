using System.Globalization;

namespace SmartCity.Cloud.Tolling.Passages;

/// <summary>A tag: the issuer's number and the tag's own. Ordered by issuer, then by the tag's text.</summary>
/// <param name="Issuer">Number of the issuer.</param>
/// <param name="Tag">The tag as the antenna sent it.</param>
public readonly record struct TagId(ulong Issuer, string Tag) : IComparable<TagId>
{
    /// <inheritdoc/>
    public int CompareTo(TagId other) => Issuer != other.Issuer ? Issuer.CompareTo(other.Issuer) : string.CompareOrdinal(Tag, other.Tag);

    /// <summary>The order of <see cref="CompareTo"/>.</summary>
    public static bool operator <(TagId left, TagId right) => left.CompareTo(right) < 0;
    /// <summary>The order of <see cref="CompareTo"/>.</summary>
    public static bool operator <=(TagId left, TagId right) => left.CompareTo(right) <= 0;
    /// <summary>The order of <see cref="CompareTo"/>.</summary>
    public static bool operator >(TagId left, TagId right) => left.CompareTo(right) > 0;
    /// <summary>The order of <see cref="CompareTo"/>.</summary>
    public static bool operator >=(TagId left, TagId right) => left.CompareTo(right) >= 0;

    /// <summary><c>issuer:tag</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Issuer}:{Tag}");
}
