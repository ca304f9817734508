using SmartCity.Cloud.Log;
using SmartCity.Cloud.TimeSeries;
using SmartCity.Model;

namespace SmartCity.Cloud.Server.Consumers;

/// <summary>The log's catalogue as stores see it.</summary>
internal sealed class CatalogueNames(SeriesCatalogue catalogue) : ISeriesNames
{
    public SeriesEntry this[int series] => catalogue[series];
}
